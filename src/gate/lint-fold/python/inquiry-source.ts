/**
 * The Python side: a program for the repository's own interpreter, given on its standard input
 * behind the guard, with JSON on the command line. It asks Black, Flake8 and isort themselves how
 * they read each folder, and which files they would look at; it changes nothing.
 *
 * `kept` asks besides whether Python's own parsers find everything else unchanged in the edited
 * files: { original: folder, taken: {path: [section]} }.
 *
 * Answer: { versions: {tool: version}, folders: {tool: {folder: {...}}}, lost: [path] } on the last
 * line.
 */
export const HELPER = `
import configparser, json, os, sys

request = json.loads(sys.argv[1])
root = request["root"]

def plain(value):
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if hasattr(value, "value") and isinstance(value.value, (int, str)):
        return value.value
    return str(value)

def relative(path):
    return os.path.relpath(os.path.join(os.getcwd(), path), root).replace(os.sep, "/")

def ini_section(path, names):
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("expected UTF-8 in %s" % path)
    for name in names:
        if parser.has_section(name):
            return {key.replace("-", "_"): value for key, value in parser.items(name)}
    return None

def toml_tool(path, name):
    try:
        import tomllib as toml
    except ImportError:
        import tomli as toml
    with open(path, "rb") as file:
        return toml.load(file).get("tool", {}).get(name)

def rest(path, taken):
    if os.path.basename(path) == "pyproject.toml":
        try:
            import tomllib as toml
        except ImportError:
            import tomli as toml
        if not os.path.exists(path):
            return {}
        with open(path, "rb") as file:
            values = toml.load(file)
        tools = {key: value for key, value in values.pop("tool", {}).items() if key not in taken}
        return {**values, **({"tool": tools} if tools else {})}
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, default_section="")
    if os.path.exists(path):
        with open(path, "rb") as file:
            parser.read_string(file.read().removeprefix(b"\\xef\\xbb\\xbf").decode("latin-1"))
    return {name: dict(parser.items(name)) for name in parser.sections() if name not in taken}

def lost(kept):
    paths = []
    for path, taken in kept["taken"].items():
        old, new = (rest(os.path.join(base, path), taken) for base in (kept["original"], root))
        if old != new:
            paths.append(path)
    return paths

def black(folder):
    import black as module
    from black.files import parse_pyproject_toml
    path = os.path.join(folder, "pyproject.toml")
    raw = toml_tool(path, "black")
    effective = parse_pyproject_toml(path)
    return {"source": "pyproject.toml", "raw": plain(raw), "effective": plain(effective)}

def flake8(folder):
    os.chdir(folder)
    from flake8 import defaults
    from flake8.options import parse_args
    from flake8.discover_files import expand_paths
    _, options = parse_args.parse_args([])
    source, raw = None, None
    if os.path.exists("pyproject.toml"):
        raw = toml_tool("pyproject.toml", "flake8")
        source = "pyproject.toml" if raw is not None and has_plugin("flake8p") else None
    if source is None:
        for name in ("setup.cfg", "tox.ini", ".flake8"):
            raw = ini_section(name, ["flake8"]) if os.path.exists(name) else None
            if raw is not None:
                source = name
                break
    raw = {key.replace("-", "_"): value for key, value in (raw or {}).items()}
    files = expand_paths(
        paths=["."], stdin_display_name="stdin", filename_patterns=options.filename,
        exclude=(*options.exclude, *options.extend_exclude))
    return {"source": source, "raw": plain(raw), "effective": plain(vars(options)),
            "default_ignore": plain(defaults.IGNORE),
            "files": sorted(relative(path) for path in files)}

def isort(folder):
    os.chdir(folder)
    from isort import files
    from isort.settings import Config
    config = Config(settings_path=folder)
    effective = {key: plain(value) for key, value in vars(config).items() if not key.startswith("_")}
    sources = list(effective.pop("sources", None) or [])
    raw, read = {}, None
    for source in sources:
        origin = source.get("source", "")
        if origin not in ("defaults", "runtime") and not origin.endswith("profile"):
            raw = {key: value for key, value in source.items() if key not in ("source", "directory")}
            read = os.path.basename(origin)
    found = files.find(["."], config, [], [])
    return {"source": read, "raw": plain(raw), "effective": effective,
            "files": sorted(relative(path) for path in found)}

def has_plugin(name):
    import importlib.util
    return importlib.util.find_spec(name) is not None

def version(name):
    from importlib import metadata
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

names = ("black", "flake8", "isort", "ruff", "flake8-pyproject")
answer = {"versions": {name: version(name) for name in names}, "folders": {}}
readers = {"black": black, "flake8": flake8, "isort": isort}
for tool, folders in request["folders"].items():
    answer["folders"][tool] = {}
    for folder in folders:
        os.chdir(root)
        try:
            answer["folders"][tool][folder] = readers[tool](os.path.normpath(os.path.join(root, folder)))
        except Exception as error:
            print(json.dumps({"error": "%s in %s: %s: %s" % (tool, folder or ".", type(error).__name__, error)}))
            sys.exit(3)
answer["lost"] = lost(request["kept"]) if "kept" in request else []
print(json.dumps(answer))
`;
