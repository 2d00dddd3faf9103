/** A process of its own, as it is a later machine's: prints what that has of a file. node --import tsx tests/world/kept-reader.ts FILE */
import { TranslationStore } from "../../src/world/kept/translation-store.js";
import { compileStraightToTheOptimizingTier, have } from "./kept-modules.js";

compileStraightToTheOptimizingTier();
process.stdout.write(JSON.stringify(have(new TranslationStore(process.argv[2]))));
