/** The page: strip above, views in the middle, tabs at the side, freeze clock below. */
export function Page() {
  return <main>Iceball workbench. Research use only.</main>;
}
