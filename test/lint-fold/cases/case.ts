/** The shape of one awkward case: a small repository, and what lint-fold must say about it. */

export interface EslintCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Options besides the mode. */
  readonly args?: readonly string[];
  /** Names in the suite's node_modules; default `eslint` (8.57) for both. */
  readonly before?: 'eslint' | 'eslint-9';
  readonly after?: 'eslint' | 'eslint-9' | 'eslint-10';
  /** `--ext` of the command line that the report is held against. */
  readonly ext?: string;
  /** What ESLint is told to lint for the same reason; default the whole repository. */
  readonly targets?: readonly string[];
  /** Exact mode lists a loss that matches; the exit code is 1. Default: nothing is lost. */
  readonly lists?: RegExp;
  /** lint-fold refuses (exit code 2), and this file has not come into being. */
  readonly refuses?: RegExp;
  readonly neverMade?: string;
  /** A text of the folded configuration. */
  readonly contains?: RegExp;
  readonly lacks?: RegExp;
}

export interface PythonCase {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Folders in which each tool is started for the counts before; they do not lie in each other. */
  readonly folders: Readonly<Partial<Record<'black' | 'flake8' | 'isort', readonly string[]>>>;
  /** Folders that exact mode leaves where they are, by tool. */
  readonly left?: Readonly<Partial<Record<'black' | 'flake8' | 'isort', readonly string[]>>>;
  /** Texts of the root's pyproject.toml after an exact fold. */
  readonly contains?: readonly RegExp[];
  readonly lacks?: readonly RegExp[];
  /** Exit code of the exact mode; default 0, or 1 where a folder is left. */
  readonly exit?: number;
}

/** Breaks many rules at once, so that every case has something to count. */
export const SLOPPY = `var a = 1
if (a == "2") { console.log(undefinedThing); }
var b;;
`;
