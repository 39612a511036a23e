import { colour } from "./colours";
import { save } from "./downloads";

const SHARP = 2; // pixels of a PNG for one of the picture's

/** A drawing's text in which the page's colours, as an element shows them, stand as values. */
export function coloured(text: string, element: Element): string {
  const known = new Map<string, string>();
  return text.replace(/var\(--([\w-]+)\)/g, (_, name: string) => {
    if (!known.has(name)) known.set(name, colour(element, name));
    return known.get(name) as string;
  });
}

/** Save the text of an SVG. */
export function saveSvg(text: string, name: string): void {
  save(new Blob([text], { type: "image/svg+xml" }), `${name}.svg`);
}

/** Save the same picture in pixels; the SVG says how large it is. */
export async function savePng(text: string, name: string): Promise<void> {
  const address = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SHARP;
    canvas.height = image.naturalHeight * SHARP;
    (canvas.getContext("2d") as CanvasRenderingContext2D).drawImage(image, 0, 0, canvas.width, canvas.height);
    const content = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
    if (content !== null) save(content, `${name}.png`);
  } finally {
    URL.revokeObjectURL(address);
  }
}
