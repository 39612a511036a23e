import type { Series, Tone } from "./chart";

const COLOURS: Readonly<Record<Tone, string>> = {
  positive: "var(--positive)",
  negative: "var(--negative)",
  signed: "var(--positive)",
  ink: "var(--quiet)",
  good: "var(--good)",
};

/** The colour of a value: that of its series, or of its sign. */
export function colourOf(tone: Tone, value?: number | null): string {
  if (tone !== "signed") return COLOURS[tone];
  return (value ?? 0) < 0 ? COLOURS.negative : COLOURS.positive;
}

/** Is it told apart from others by more than its colour? Orange is hatched, or dashed. */
export const isHatched = (tone: Tone, value?: number | null): boolean =>
  tone === "negative" || (tone === "signed" && (value ?? 0) < 0);

export const DASHES: Readonly<Record<Tone, string | undefined>> = {
  positive: undefined,
  signed: undefined,
  negative: "6 4",
  ink: "2 3",
  good: "10 3 2 3",
};

/** What a legend has to tell: nothing of a single series whose colour is no sign. */
export function legendOf(series: readonly Series[]): { name: string; tone: Tone }[] {
  return series.flatMap((each): { name: string; tone: Tone }[] => {
    if (each.tone !== "signed") return series.length > 1 ? [each] : [];
    return [
      { name: `${each.name} above 0`, tone: "positive" },
      { name: "below 0", tone: "negative" },
    ];
  });
}
