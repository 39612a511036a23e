import { useEffect } from "react";

/** The title of the browser's tab. */
export function useTitle(...parts: (string | undefined)[]): void {
  const title = [...parts.filter((part) => part !== undefined), "Influence Graph"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
