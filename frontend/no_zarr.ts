/** Stands for `zarrita` in the built page. NiiVue reads zarr images with it; the workbench has none, and its decoders
 * would be half a megabyte of the page. Without it NiiVue refuses such an image.
 */
const refuse = (): never => {
  throw new Error("The workbench reads no zarr images.");
};

export class FetchStore {
  constructor() {
    refuse();
  }
}
export const open = refuse;
export const root = refuse;
export const get = refuse;
export const slice = refuse;
