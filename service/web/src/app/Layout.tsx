import { type ReactNode, useEffect, useRef, useState } from "react";
import { NavLink, useLocation, useNavigation } from "react-router";
import { forgetKey, readKey } from "../api/key";
import style from "./Layout.module.css";

const PLACES = [
  ["/playground", "Playground"],
  ["/runs", "Runs"],
  ["/compare", "Compare"],
  ["/cypher", "Cypher"],
] as const;

/** What every page has around it. */
export function Layout({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  const navigating = useNavigation().state !== "idle";
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever listens is told of a new page, not of a new state
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <>
      <a className={style.skip} href="#main">
        Skip to the page
      </a>
      <header className={style.head}>
        <NavLink to="/playground" className={style.name} aria-label="Influence Graph, start">
          <img src={new URL("./icon.svg", import.meta.url).href} alt="" width="24" height="24" />
          <span>Influence Graph</span>
        </NavLink>
        <nav aria-label="Pages">
          {PLACES.map(([to, name]) => (
            <NavLink key={to} to={to}>
              {name}
            </NavLink>
          ))}
          <a href="/docs">API</a>
        </nav>
        <div className={style.tools}>
          <Theme />
          {readKey() !== null && (
            <button
              type="button"
              className="plain"
              onClick={() => {
                forgetKey();
                location.reload();
              }}
            >
              Sign out
            </button>
          )}
        </div>
        {navigating && <progress className={style.navigating} aria-label="Loading the page" />}
      </header>
      <main id="main" ref={main} tabIndex={-1} className={style.main}>
        {children}
      </main>
    </>
  );
}

const THEMES = { system: "System theme", light: "Light", dark: "Dark" } as const;
type ThemeName = keyof typeof THEMES;

function Theme() {
  const [theme, setTheme] = useState<ThemeName>(() => (localStorage.getItem("theme") as ThemeName | null) ?? "system");
  const choose = (chosen: ThemeName) => {
    setTheme(chosen);
    if (chosen === "system") {
      localStorage.removeItem("theme");
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem("theme", chosen);
      document.documentElement.dataset.theme = chosen;
    }
    dispatchEvent(new Event("themechange"));
  };
  return (
    <select aria-label="Theme" value={theme} onChange={(event) => choose(event.target.value as ThemeName)}>
      {Object.entries(THEMES).map(([name, shown]) => (
        <option key={name} value={name}>
          {shown}
        </option>
      ))}
    </select>
  );
}
