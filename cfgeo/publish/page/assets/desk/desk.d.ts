// The desk of a page that a session serves

interface OpenData extends RunData {
  desk: DeskData;
}

type DeskTool = 'add' | 'move' | 'close' | 'enlarge' | 'link' | 'gate' | 'street';

interface DeskData {
  texts: Record<string, string>;
  readOnly: boolean;
  ids: string[];
  layers: Record<string, string[]>;
  kinds: Record<string, string>;
  links: Record<string, string>;
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
}

interface DeskEdit {
  id: number;
  on: boolean;
  row: DeskRow;
  /** Lines of a street that is closed. */
  lines?: [number, number][][];
}

type DeskCommand =
  | { do: 'add'; rows: DeskRow[] }
  | { do: 'replace'; id: number; row: DeskRow }
  | { do: 'remove'; id: number }
  | { do: 'switch'; id: number; on: boolean }
  | { do: 'clear' | 'undo' | 'redo' };

interface DeskState {
  version: number;
  edits: DeskEdit[];
  undo: boolean;
  redo: boolean;
  headline: { share: number };
  junctions: [number, number][];
  remarks: string[];
  communities: { verdict: Verdict[]; failed: string[][] };
  clauses: Record<string, { verdict: Verdict[]; share: Value[] | null }>;
  words: {
    lines: string[];
    cards: Record<string, { value: string; note: string }>;
    standing: { classes: string[]; legend: [string, string][] };
    said: Record<string, string[]>;
  };
}
