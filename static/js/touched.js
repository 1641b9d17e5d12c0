/** What somebody typed or chose before the scripts had come: nobody hears of it again, so it is asked for at the start. */

export function isTouched(form) {
  return [...form.elements].some((control) => {
    if (control.matches("select")) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    return control.matches("textarea, input:not([type=hidden], [type=file])") && control.value !== asGiven(control);
  });
}

/** A browser empties a date or a number that it cannot read: nobody did that. */
function asGiven(control) {
  const copy = control.cloneNode();
  copy.value = control.defaultValue;
  return copy.value;
}
