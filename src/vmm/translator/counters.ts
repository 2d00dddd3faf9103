/** What the translator counts. Plain numbers, cumulative since the machine was made unless they say otherwise; whoever does the work adds to them. */
export interface TranslatorCounters {
  /** Regions translated and put in place. */
  regionsCompiled: number;
  /** Regions put in place that had been translated before, by this machine or an earlier one. */
  regionsRecalled: number;
  /** Regions that were put into a larger module. */
  regionsLinked: number;
  /** Regions in place now. */
  liveRegions: number;
  /** Bytes of WebAssembly of the regions in place now. */
  codeBytes: number;
  /** Requests that the translator thread has not answered yet, now. */
  queueLength: number;
  /** Host microseconds that answered requests took, from the request until the answer was fetched. */
  queueTimeUs: number;
  /** Host microseconds that the translator thread spent on emitting regions, and on compiling them. */
  translateTimeUs: number;
  compileTimeUs: number;
  /** Instructions retired inside regions. */
  instructions: number;
  /** Times that a region was entered other than by itself. */
  entries: number;
  /** Why regions were left: for code outside of them, because the budget was used up, for an event (interrupt, stop). Returns to callers don't count. */
  exitsByJump: number;
  exitsByBudget: number;
  exitsByEvent: number;
  /** For an instruction or access that the interpreter has to do, or that faults. */
  exitsToInterpreter: number;
  /** Regions translated again, differently. */
  retranslations: number;
  /** Wholesale flushes of all regions. */
  generations: number;
}

export function newTranslatorCounters(): TranslatorCounters {
  return {
    regionsCompiled: 0,
    regionsRecalled: 0,
    regionsLinked: 0,
    liveRegions: 0,
    codeBytes: 0,
    queueLength: 0,
    queueTimeUs: 0,
    translateTimeUs: 0,
    compileTimeUs: 0,
    instructions: 0,
    entries: 0,
    exitsByJump: 0,
    exitsByBudget: 0,
    exitsByEvent: 0,
    exitsToInterpreter: 0,
    retranslations: 0,
    generations: 0,
  };
}
