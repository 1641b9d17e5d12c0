/** What somebody typed or chose before the scripts had come: nobody hears of it again, so it is asked for at the start. */

export function isTouched(form) {
  return [...form.elements].some((control) => {
    if (control.matches("select")) return control.selectedIndex !== Math.max(0, [...control.options].findIndex((option) => option.defaultSelected));
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    // A browser empties a date that it cannot read: nobody did that.
    if (control.matches("[type=date]") && !control.value) return false;
    return control.matches("textarea, input:not([type=hidden], [type=file])") && control.value !== control.defaultValue;
  });
}
