// Colours stand in the style sheet alone.
const style = getComputedStyle(document.documentElement);

export function colour(name) {
  return style.getPropertyValue(name).trim();
}
