import type { Progress } from "../api/events";
import style from "./Bar.module.css";
import { count, duration } from "./units";

/** How far a job is: a bar, how fast, and how long still. */
export function Bar({ name, progress }: { name: string; progress: Progress }) {
  const done = progress.completed.sentences + progress.failed.sentences;
  const facts = [`${count(done)} of ${count(progress.sentences)} sentences`];
  if (progress.failed.sentences > 0) facts.push(`${count(progress.failed.sentences)} failed`);
  if (progress.speed) facts.push(`${progress.speed.toPrecision(3)} a second`);
  if (progress.left !== null) facts.push(`${duration(progress.left)} left`);
  return (
    <div className={style.bar}>
      <progress aria-label={`Progress of ${name}`} max={Math.max(1, progress.sentences)} value={done} />
      <span className={style.facts}>{facts.join(" · ")}</span>
    </div>
  );
}
