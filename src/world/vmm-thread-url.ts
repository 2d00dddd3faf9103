/** The compiled entry of the VMM thread: threads run JavaScript, so it lies in dist/ also when this file is run from its source. */
export const vmmThreadUrl = new URL("../../dist/world/vmm-thread.js", import.meta.url);
