/** The open case stands in the address, so that a reload opens it again. */
export function caseOfAddress(): string | null {
  const found = /^#\/case\/(.+)$/.exec(location.hash);
  try {
    return found ? decodeURIComponent(found[1]!) : null;
  } catch {
    return null;
  }
}

export function showInAddress(id: string | null): void {
  const wanted = id === null ? "#/" : `#/case/${encodeURIComponent(id)}`;
  if (location.hash !== wanted && !(id === null && location.hash === "")) history.replaceState(null, "", wanted);
}
