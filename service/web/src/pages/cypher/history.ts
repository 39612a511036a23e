/** A question that was asked on this machine; no key and no answer is kept. */
export interface Asked {
  q: string;
  params: Record<string, unknown>;
}

const NAME = "cypher_history";
const MOST = 50;

/** The last questions, the newest first. */
export function readHistory(): Asked[] {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each?.q === "string") : [];
  } catch {
    return [];
  }
}

/** One more, which moves to the front where it was there before. */
export function remember(asked: Asked): Asked[] {
  const same = JSON.stringify(asked);
  const kept = [asked, ...readHistory().filter((each) => JSON.stringify(each) !== same)].slice(0, MOST);
  localStorage.setItem(NAME, JSON.stringify(kept));
  return kept;
}

export function forget(): Asked[] {
  localStorage.removeItem(NAME);
  return [];
}
