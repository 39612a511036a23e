/** The API key of this tab: kept until the tab is closed, and sent in a header, never in an address. */
const NAME = "influence_api_key";

export const readKey = (): string | null => sessionStorage.getItem(NAME);

export const keepKey = (key: string): void => sessionStorage.setItem(NAME, key);

export const forgetKey = (): void => sessionStorage.removeItem(NAME);

/** The headers of a request by whoever uses this tab. */
export function authorization(): Record<string, string> {
  const key = readKey();
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}
