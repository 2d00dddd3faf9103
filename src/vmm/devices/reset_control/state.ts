import { byte, type Saved, versioned } from "../saved.js";

export const resetControlState = versioned(1, { register: byte });
export type ResetControlState = Saved<typeof resetControlState>;
