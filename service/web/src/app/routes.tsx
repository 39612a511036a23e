import { NuqsAdapter } from "nuqs/adapters/react-router/v8";
import { createBrowserRouter, Navigate, Outlet } from "react-router";
import { Layout } from "./Layout";
import { Lost } from "./Lost";

/** Every page is loaded when it is first opened. */
export const router = createBrowserRouter([
  {
    element: (
      <NuqsAdapter>
        <Layout>
          <Outlet />
        </Layout>
      </NuqsAdapter>
    ),
    errorElement: <Lost />,
    hydrateFallbackElement: <p />,
    children: [
      { index: true, element: <Navigate to="/playground" replace /> },
      { path: "playground", lazy: () => import("../pages/playground/Playground") },
      { path: "runs", lazy: () => import("../pages/runs/Runs") },
      { path: "runs/new", lazy: () => import("../pages/submit/Submit") },
      { path: "runs/:run", lazy: () => import("../pages/run/Run") },
      { path: "runs/:run/sentence", lazy: () => import("../pages/sentence/Sentence") },
      { path: "runs/:run/aggregate", lazy: () => import("../pages/aggregate/Aggregate") },
      { path: "runs/:run/reports", lazy: () => import("../pages/reports/Reports") },
      { path: "compare", lazy: () => import("../pages/compare/Compare") },
      { path: "cypher", lazy: () => import("../pages/cypher/Cypher") },
      { path: "*", element: <Lost /> },
    ],
  },
]);
