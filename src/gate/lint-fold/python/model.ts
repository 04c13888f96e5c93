/** What the Python parts of the fold exchange. Folders and files are relative to the root. */

export const TOOLS = ['black', 'flake8', 'isort'] as const;
export type Tool = (typeof TOOLS)[number];

/** How one tool reads one folder, as the tool itself says. */
export interface FolderReading {
  /** File name of the configuration, where the tool says it. */
  readonly source: string | null;
  /** What stands in the file. Keys of Flake8 with underscores, of the others as written. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** Every option with its value, defaults included (Black: only what is set). */
  readonly effective: Readonly<Record<string, unknown>>;
  /** Flake8 only: what it ignores when `ignore` is not set. */
  readonly default_ignore?: readonly string[];
  /** Files the tool looks at when started in this folder (not for Black). */
  readonly files?: readonly string[];
}

export type Versions = Readonly<Record<string, string | null>>;

export interface ProbeAnswer {
  readonly versions: Versions;
  /** Edited files in which something else than the folded settings differs. */
  readonly lost: readonly string[];
  readonly folders: Readonly<Partial<Record<Tool, Readonly<Record<string, FolderReading>>>>>;
}

/** A folder with settings of its own, and the Python files nearest to it. */
export interface Governed {
  readonly folder: string;
  readonly reading: FolderReading;
  readonly files: readonly string[];
}

/** An option of a folder whose value the fold changes. */
export interface OptionChange {
  readonly tool: Tool;
  readonly folder: string;
  readonly option: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly files: readonly string[];
}

/** A folder that keeps its own configuration, since one file cannot say both. */
export interface LeftFolder {
  readonly tool: Tool;
  readonly folder: string;
  readonly reason: string;
  readonly files: readonly string[];
}

export interface ToolFold {
  readonly tool: Tool;
  /** Folders whose settings go into the root table; '' is the root itself. */
  readonly folded: readonly string[];
  /** The table for pyproject.toml, without its header. */
  readonly table: Readonly<Record<string, unknown>>;
  readonly left: readonly LeftFolder[];
  readonly changes: readonly OptionChange[];
  readonly notes: readonly string[];
}
