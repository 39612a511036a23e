import { type ReactNode, useEffect, useId, useRef } from "react";
import style from "./Dialog.module.css";

/** A question that must be answered before anything else; Escape says no. */
export function Dialog(props: { title: string; children: ReactNode; close: () => void }) {
  const { title, children, close } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={dialog} className={style.dialog} aria-labelledby={heading} onClose={close}>
      <div className="stack">
        <h2 id={heading}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
