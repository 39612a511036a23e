import { isRouteErrorResponse, Link, useRouteError } from "react-router";
import { useTitle } from "./title";

/** What is shown of an address that is none, or of a page that could not be loaded or drawn. */
export function Lost() {
  const error = useRouteError();
  const nothing = !error || (isRouteErrorResponse(error) && error.status === 404);
  useTitle(nothing ? "No such page" : "Error");
  return (
    <div className="card stack" role="alert">
      <h1>{nothing ? "There is no such page" : "This page could not be shown"}</h1>
      <p>{nothing ? "The address leads nowhere." : "Reload it. If that does not help, the service may be away."}</p>
      <p>
        <Link to="/playground">Playground</Link> · <Link to="/runs">Runs</Link>
      </p>
    </div>
  );
}
