import { useOptimisticSearchParams } from "nuqs/adapters/react-router/v8";
import { Link, useNavigate } from "react-router";
import { grouped, type Report, titleOf } from "./catalogue";
import style from "./Reports.module.css";

/** All reports by what people ask; each is an address of the same page. */
export function ReportList({ reports, chosen }: { reports: readonly Report[]; chosen: string }) {
  // What was chosen a moment ago is not known to the router.
  const search = useOptimisticSearchParams();
  const navigate = useNavigate();
  const groups = grouped(reports);
  const address = (name: string) => {
    const next = new URLSearchParams(search);
    next.set("report", name);
    next.delete("shown");
    return `?${next}`;
  };
  return (
    <nav className={style.list} aria-label="Reports">
      <label className={style.pick}>
        Report
        <select value={chosen} onChange={(event) => navigate(address(event.target.value))}>
          {groups.map((group) => (
            <optgroup key={group.title} label={group.title}>
              {group.reports.map((report) => (
                <option key={report.name} value={report.name}>
                  {titleOf(report)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
      {groups.map((group) => (
        <section key={group.title}>
          <h2>{group.title}</h2>
          <ul>
            {group.reports.map((report) => (
              <li key={report.name}>
                <Link
                  to={address(report.name)}
                  title={report.summary}
                  aria-current={report.name === chosen ? "page" : undefined}
                >
                  {titleOf(report)}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
