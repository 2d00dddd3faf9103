import { flag, type Saved, versioned } from "../saved.js";

export const coprocessorErrorState = versioned(1, { error: flag, requested: flag, ignored: flag });
export type CoprocessorErrorState = Saved<typeof coprocessorErrorState>;
