export function Solid(_: { onEnlarge: () => void }) {
  return <div class="solid" />;
}
