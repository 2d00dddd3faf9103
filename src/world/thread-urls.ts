/** The compiled entries of the machine's threads: threads run JavaScript, so they lie in dist/ also when this file is run from its source. */
export const vmmThreadUrl = new URL("../../dist/world/vmm-thread.js", import.meta.url);
export const translatorThreadUrl = new URL("../../dist/world/translator-thread.js", import.meta.url);
