/** Seconds as people say them: "40 s", "3 min", "2 h 5 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return "less than 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 36) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

/** A moment, in the reader's own time zone. */
export const moment = (iso: string): string =>
  new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** A part of a whole, in percent. */
export const share = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(part === whole || part === 0 ? 0 : 1)} %`;

export const count = (value: number): string => value.toLocaleString("en");

/** So many of something, in the right number. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

/** Bytes as people say them. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} bytes`;
  const [unit, divisor] = size < 1e6 ? ["kB", 1e3] : size < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(size / divisor).toFixed(1)} ${unit}`;
}

/** A share in percent, with two digits that count. */
export const percent = (share: number): string => `${(100 * share).toPrecision(2)} %`;

/** A text that begins a sentence. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A sentence with its mask as most models write it. */
export const masked = (text: string): string => text.replaceAll("***mask***", "[MASK]");
