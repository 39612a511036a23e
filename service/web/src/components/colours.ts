/** The page's colours as an element shows them: `light-dark()` and variables resolved. */
export function colour(element: Element, name: string): string {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Calls back whenever the page's colours change. Returns what ends that. */
export function onTheme(changed: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  addEventListener("themechange", changed);
  system.addEventListener("change", changed);
  return () => {
    removeEventListener("themechange", changed);
    system.removeEventListener("change", changed);
  };
}
