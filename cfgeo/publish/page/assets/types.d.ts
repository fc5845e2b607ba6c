// What the scripts of all pages are handed: Leaflet's map, and the data that Python writes into each page.

/** The map of Leaflet; the function around a page's scripts takes it as its argument. */
declare const map: import('leaflet').Map;

/** Longitude and latitude in units of the page. */
type Point = [number, number];
/** Lines, packed. */
type Lines = string;
/** Polygons, each an outer ring and its holes, packed. */
type Shape = string;
type Position = [number, number];
type Verdict = 'passed' | 'failed' | 'not_assessed';
/** A walk in minutes: ">" where it is longer than was searched, null where nobody walks. */
type Minutes = number | '>' | null;
type Value = number | null;
type Child = Node | string | number | null;

/** The elements that scripts look up. */
interface PageElements {
  about: HTMLElement;
  'all-clauses': HTMLInputElement;
  announcer: HTMLElement;
  back: HTMLButtonElement;
  'cfgeo-data': HTMLScriptElement;
  chips: HTMLElement;
  chosen: HTMLElement;
  clauses: HTMLElement;
  clause: HTMLSelectElement;
  'clause-change': HTMLElement;
  community: HTMLSelectElement;
  'community-table': HTMLTableElement;
  count: HTMLElement;
  'figures-switch': HTMLButtonElement;
  filters: HTMLFormElement;
  forward: HTMLButtonElement;
  'full-screen': HTMLButtonElement;
  layers: HTMLElement;
  legend: HTMLElement;
  links: HTMLElement;
  matrix: HTMLElement;
  'matrix-about': HTMLElement;
  office: HTMLSelectElement;
  'office-table': HTMLTableElement;
  'panel-switch': HTMLButtonElement;
  place: HTMLElement;
  'place-body': HTMLElement;
  'place-close': HTMLButtonElement;
  'place-grip': HTMLButtonElement;
  'place-head': HTMLElement;
  'place-next': HTMLButtonElement;
  'place-previous': HTMLButtonElement;
  'place-title': HTMLElement;
  plan: HTMLElement;
  print: HTMLButtonElement;
  readout: HTMLElement;
  search: HTMLInputElement;
  'show-clauses': HTMLButtonElement;
  slider: HTMLInputElement;
  steps: HTMLElement;
  story: HTMLElement;
  'story-open': HTMLButtonElement;
  verdict: HTMLSelectElement;
  view: HTMLSelectElement;
  'view-after': HTMLButtonElement;
  'view-before': HTMLButtonElement;
  walks: HTMLElement;
  whole: HTMLButtonElement;
}

/** What every page's data holds. */
interface PageData {
  lang: 'zh' | 'en';
  units: number;
  texts: Record<string, string>;
  verdicts: Record<string, string>;
  colours: Colours;
}

/** The colours of maps, the same as on sheets. */
interface Colours {
  verdicts: Record<string, string>;
  changes: Record<string, string>;
  coverage: Record<string, string>;
  minutes: string[];
  ratioSteps: number[];
  ratios: string[];
  reach: string[];
  layers: string[];
  water: string;
  blocks: string;
  green: string;
  street: { fill: string; opacity: number; edge: string; edgeOpacity: number };
}

/** Streets by how they are drawn. */
interface Streets {
  path: Lines;
  minor: Lines;
  major: Lines;
  steps: Lines;
  escalator: Lines;
  lift: Point[];
}

/** A river or a block. */
interface BasePiece {
  layer: string;
  area?: Shape;
  lines?: Lines;
}

/** A street's name, its place in units of the page, its angle [degrees] and its rank, 0 to 2. */
type StreetName = [string, number, number, number, number];

/** What stands below and above the fills: pictures in `box` (west, south, east, north [degrees]), lines and areas. */
interface Land {
  words: string;
  box: [number, number, number, number] | null;
  shade: string;
  tint: string;
  contours: Lines;
  water: Shape;
  greens: Shape;
  buildings: Shape;
  rails: Lines;
  names: StreetName[];
}

/** Points, lines or areas in latitude and longitude. */
interface DrawnShape {
  kind: 'point' | 'line' | 'area';
  at: Position[][];
}

// The map of a run

interface RunData extends PageData {
  bounds: [number, number, number, number];
  search: number;
  basis: string;
  /** Of the district, where it is no number of people. */
  demand: number | null;
  names: Record<'layers' | 'marks' | 'kinds' | 'walkers', Record<string, string>>;
  clauses: Clause[];
  communities: RunCommunity[];
  standing: { classes: string[]; legend: [string, string][] };
  coverage: Record<string, Coverage>;
  /** The rows and columns of the matrix, in their order. */
  matrix: { clauses: string[]; communities: number[] };
  offices: Office[];
  zones: Zone[];
  blocks: StreetBlock[];
  facilities: Facility[];
  shortfalls: Shortfall[];
  isochrones: Isochrone[];
  streets: Streets;
  ground: BasePiece[];
  land: Land | null;
  walks: Walks;
  tiles: { urls: string[]; subdomains: string; credit: string } | null;
  links: { files: [string, string][]; offices: Record<string, string> };
  plan?: RunPlan;
  story: Scene[];
}

/** A step of the story: its words, its bars (lengths 0 to 1) and what its map shows. */
interface Scene {
  key: string;
  title: string;
  message: string;
  lines: string[];
  heading: string;
  bars: { name: string; value: string; share: number; before: number | null }[];
  view: 'verdict' | 'clause' | 'terrain' | 'projects' | 'plan';
  clause: string;
  sources: string[];
}

interface Clause {
  id: string;
  name: string;
  scope: string;
  measure: string;
  layer: string;
  kinds: string[];
  walker: string;
  need: number;
  asks: string;
  limit: number;
  required: boolean;
  open: string;
}

interface RunCommunity {
  code: string;
  name: string;
  office: string;
  verdict: Verdict;
  marginal: boolean;
  byTerrain: boolean;
  fewHomes: number;
  judged: number;
  required: number;
  failed: string[];
  demand: Value;
  children: Value;
  shape: Shape;
  label: Point;
}

/** A clause's columns, with a value for each community. */
interface Coverage {
  share: Value[];
  area_share: Value[];
  street_share: Value[];
  median_minutes: Minutes[];
  p90_minutes: Minutes[];
  demand: Value[];
  children: Value[];
  places: Value[];
  need: Value[];
  verdict: Verdict[];
  /** Shares that take more than one decimal beside the need, as text. */
  exact: Record<number, string>;
  /** Of measures that are no walk: the values, and as text what is there and what is asked. */
  value?: Value[];
  said?: string[];
  asked?: string[];
}

/** A place that falls short of a clause, or of which nobody knows; `facility` is its position among the facilities, or -1. */
interface Shortfall {
  clause: string;
  status: 'short' | 'unknown';
  name: string;
  lacks: string;
  where: string;
  facility: number;
  point: Point | null;
}

/** A clause's values in one community. */
type CoverageValues = { [Column in keyof Coverage]: NonNullable<Coverage[Column]>[number] };

/** A zone of the plan's layout: an area, lines or a point. */
interface Zone extends Omit<BasePiece, 'layer'> {
  kind: 'core' | 'network' | 'circle' | 'belt' | 'point' | 'zone';
  kindName: string;
  title: string;
  communities: number;
  passed: number;
  demand: Value;
  point?: Point;
}

/** A street block: its verdict, and the required clauses of blocks that it fails. */
interface StreetBlock {
  name: string;
  communities: number;
  passed: number;
  judged: number;
  required: number;
  verdict: Verdict;
  failed: string[];
  area: Shape;
  point: Point;
}

interface Office {
  name: string;
  communities: number;
  passed: number;
  not_assessed: number;
  marginal: number;
  share: Value;
  shape: Shape;
}

interface Facility extends BasePiece {
  kind: string;
  name: string;
  community: number;
  point: Point;
  off?: boolean;
  capacity?: number | string;
  certified?: boolean | number | string;
}

interface Isochrone {
  layer: string;
  kind: string;
  walker: string;
  minutes: number;
  shape: Shape;
}

interface Walks {
  limit: number;
  parts: string[];
  byTerrain: { rows: number; communities: number };
  routes: Record<string, Routes>;
  /** Of streets; steps have positions in it. */
  names: string[];
  /** By clause and by the community's position. */
  paths: Record<string, WalkPaths>;
  ratios: { circle_ratio: Value[]; level_ratio: Value[] };
  walkways: Walkway[];
  streets: SchoolStreet[];
  crossings: Crossing[];
}

/** The routes of each community's median child by one clause; further columns hold the minutes of each part. */
interface Routes {
  minutes: Minutes[];
  length_m: Value[];
  climb_m: Value[];
  descent_m: Value[];
  steps: Value[];
  direction: string[];
  place: string[];
  [part: string]: (Minutes | string)[];
}

/** Part, name, metres, seconds from the start to its end, seconds of waits, points up to its end. */
type WalkStep = [number, number, number, number, number, number];

/** The routes of a clause: the communities that have one, and of each its steps, line and profile, packed. */
interface WalkPaths {
  communities: number[];
  steps: string;
  lines: Lines;
  profiles: Lines;
}

/** A route step by step: its points, and its profile as metres from the start and heights. */
interface WalkPath {
  steps: WalkStep[];
  points: Position[];
  profile: [number, number][];
}

interface Walkway {
  name: string;
  rank: number;
  length: number;
  climb: number;
  beyond: number;
  extra: number;
  lost: Record<string, number>;
  lines: Lines;
}

interface SchoolStreet {
  name: string;
  forward: number;
  backward: number;
  total: number;
  lines: Lines;
}

interface Crossing {
  name: string;
  total: number;
  point: Point;
}

interface RunPlan {
  texts: Record<string, string>;
  /** Communities that pass now, and that the target asks for. */
  passed: number;
  wanted: number;
  heading: string;
  lines: string[];
  left: string[];
  steps: RunStep[];
  tables: RunTable[];
  communities: { before: Verdict; after: Verdict; rank: number; held: string }[];
}

/** A table in words; which of its columns hold numbers. */
interface RunTable {
  title: string;
  heads: string[];
  rows: string[][];
  numbers: boolean[];
}

// The pages of changes

/** A community before and after: an office's name, and rows of the clauses that change. */
interface ChangedCommunity {
  code: string;
  name: string;
  office: string;
  before: Verdict;
  after: Verdict;
  clauses: string[][];
  shape: Shape;
  label: Point;
}

/** What a page shows of the place itself. */
interface PlaceData extends PageData {
  bounds: [number, number, number, number];
  streets: Streets;
  ground: BasePiece[];
  land: Land | null;
}

interface ChangesData extends PlaceData {
  communities: ChangedCommunity[];
}

interface WhatifData extends ChangesData {
  communities: WhatifCommunity[];
  clauses: ClauseChange[];
  changes: (DrawnShape & { what: string; mark: string })[];
  junctions: Position[];
}

interface WhatifCommunity extends ChangedCommunity {
  change: '' | 'gained' | 'lost';
}

/** A clause that changes somewhere: shares in reach (or numbers of places) and verdicts of each community. */
interface ClauseChange {
  id: string;
  name: string;
  reach: boolean;
  was: Value[];
  now: Value[];
  before: Verdict[];
  after: Verdict[];
}

interface StepsData extends ChangesData {
  communities: SteppedCommunity[];
  passed: number;
  steps: Step[];
}

/** A community with the step that makes it pass (0: none), and the clauses that nothing can bring it. */
interface SteppedCommunity extends ChangedCommunity {
  rank: number;
  held: string;
}

interface Step {
  rank: number;
  name: string;
  what: string;
  soFar: string;
  passed: number;
  adds: number[];
  decided: boolean;
  shapes: DrawnShape[];
  at: Position | null;
}

interface RunStep extends Step {
  where: string;
  cost: string;
  facts: string[];
}

// The page of a comparison

interface ComparisonData extends PlaceData {
  areas: { name: string; kind: string; sign: string; lines: string[]; shape: Shape; label: Point }[];
}
