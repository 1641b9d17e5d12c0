/** Redoc shows its mark from another host. Our policy refuses that; this keeps it from being asked for at all. */

(() => {
  const image = HTMLImageElement.prototype;
  const { setAttribute } = image;
  const src = Object.getOwnPropertyDescriptor(image, "src");
  const isOurs = (address) => /^(data:|\/)/.test(address) || new URL(address, location.href).origin === location.origin;
  image.setAttribute = function (name, value) {
    if (name !== "src" || isOurs(value)) setAttribute.call(this, name, value);
  };
  Object.defineProperty(image, "src", {
    ...src,
    set(address) {
      if (isOurs(address)) src.set.call(this, address);
    },
  });
})();
