// The desk of a page that a session serves

interface OpenData extends RunData {
  desk: DeskData;
}

type DeskTool = 'add' | 'move' | 'close' | 'enlarge' | 'certify' | 'link' | 'gate' | 'open' | 'street' | 'signal' | 'walk';

interface DeskData {
  texts: Record<string, string>;
  readOnly: boolean;
  /** Whether the study has a reserve list. */
  hasPlan: boolean;
  ids: string[];
  layers: Record<string, string[]>;
  kinds: Record<string, string>;
  links: Record<string, string>;
  /** Layer → what its clauses ask of its places with yes or no: column → name. */
  answers: Record<string, Record<string, string>>;
}

/** A change by the keys of a table of changes. */
interface DeskRow {
  action: 'add' | 'move' | 'close' | 'enlarge' | 'refit' | 'opengate';
  layer?: string;
  facility?: string;
  kind?: string;
  name?: string;
  capacity?: number;
  link?: string;
  way?: number;
  street?: string;
  lon?: number;
  lat?: number;
  wkt?: string;
  /** With its unit. */
  cost?: string;
  attributes?: Record<string, string>;
  tags?: Record<string, string>;
}

interface DeskEdit {
  id: number;
  /** Its number on the map, in the list, the report and the saved table; null while it does not count. */
  number: number | null;
  on: boolean;
  /** Whether the study has decided on it, so that it counts already. */
  decided: boolean;
  row: DeskRow;
  /** The community that it begins in; null outside them. */
  community: number | null;
  /** The name and the lines of the street that is closed, opened or refitted. */
  street: string;
  lines: [number, number][][];
}

/** A street that nobody walks along, and that can be opened. */
interface DeskClosed {
  way: number;
  /** Its name, and what closes it. */
  what: string;
  lines: [number, number][][];
  /** Where it meets streets that are open. */
  meets: [number, number][];
}

/** A named scenario. */
interface DeskKept {
  name: string;
  changes: number;
  /** Whether it is what is on the desk. */
  here: boolean;
}

/** Two sets of changes side by side, in words. */
interface DeskCompared {
  names: string[];
  rows: { label: string; values: string[] }[];
  faults: string[];
}

/** One thing that an answer proposes, with the changes that make it. */
interface DeskIdea {
  name: string;
  facts: string[];
  rows: DeskRow[];
}

/** The cheapest set for so many communities. */
interface DeskPoint {
  passed: number;
  cost: string;
  proven: boolean;
  ideas: number[];
}

interface DeskAnswer {
  lines: string[];
  /** Of a report. */
  files?: { form: string; name: string }[];
  ideas?: DeskIdea[];
  points?: DeskPoint[];
}

/** A long question, as far as it is. */
interface DeskJob {
  id: number;
  kind: string;
  state: 'none' | 'running' | 'done' | 'failed' | 'stopped';
  stage: string;
  seconds: number;
  answer: DeskAnswer | null;
  error: string;
}

/** Where a link that ends at a place would join the streets. */
interface DeskJoin {
  near: boolean;
  /** null: no street far and wide */
  metres: number | null;
  name: string;
  at: [number, number] | null;
  /** Where a gate would meet a street on the other side. */
  across: [number, number] | null;
}

interface DeskWalk {
  minutes: number;
  place: string;
  lines: [number, number][][];
}

/** What changes bring beside the state of the same version. */
interface DeskWider {
  version: number;
  lines: string[];
  /** Clause → column of its coverage → a value a community. */
  minutes: Record<string, Record<string, Value[]>>;
}

/** The walk that a clause asks for, before and after. */
interface DeskWalks {
  clause: string;
  title: string;
  before: DeskWalk | null;
  after: DeskWalk | null;
}

type DeskCommand =
  | { do: 'add'; rows: DeskRow[] }
  | { do: 'replace'; id: number; row: DeskRow }
  | { do: 'remove'; id: number }
  | { do: 'switch'; id: number; on: boolean }
  | { do: 'keep' | 'recall' | 'forget'; name: string }
  | { do: 'clear' | 'undo' | 'redo' };

interface DeskState {
  version: number;
  edits: DeskEdit[];
  kept: DeskKept[];
  undo: boolean;
  redo: boolean;
  headline: { share: number };
  junctions: [number, number][];
  remarks: string[];
  /** What is said where the study's files have changed on the disk; "" where they have not. */
  stale: string;
  communities: { verdict: Verdict[]; failed: string[][] };
  clauses: Record<string, { verdict: Verdict[]; share: Value[] | null }>;
  words: {
    lines: string[];
    cards: Record<string, { value: string; note: string }>;
    standing: { classes: string[]; legend: [string, string][] };
    said: Record<string, string[]>;
  };
}
