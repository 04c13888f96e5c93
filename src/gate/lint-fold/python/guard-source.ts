/**
 * What every Python process of the fold runs first. It may import the standard library and
 * installed packages; a module from anywhere else (the repository, a folder that Flake8's
 * `local-plugins` names) is refused before its first line runs, unless the user agreed. The folder
 * it is started in is not on the path, as with the tools' own commands.
 *
 *     python -c GUARD '{"allow": bool}' - ARGUMENT...         program on standard input
 *     python -c GUARD '{"allow": bool}' MODULE ARGUMENT...    like `python -m MODULE`
 *
 * The refusal is an audit hook of the interpreter (PEP 578), which sees every module that is
 * executed and cannot be taken back. Child processes that the tools fork have it too.
 *
 * Flake8's own options for its output (quiet, output-file, ...) are switched off: they would hide
 * findings from the count, or write a file.
 */

/** Stands before the path of a refused module on stderr. */
export const REFUSAL = 'vitrine-lint-fold refuses ';

export const GUARD = `
import sys
sys.path[:] = [path for path in sys.path if path != ""]
import json, os, runpy, sysconfig
options, program, arguments = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3:]

def real(path):
    return os.path.realpath(os.path.join(start, path))

def below(path, folders):
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)

start = os.getcwd()
roots = [real(folder) for folder in options["roots"]]
names = ("stdlib", "platstdlib", "purelib", "platlib")
installed = [real(path) for key, path in sysconfig.get_paths().items() if key in names]
sys.path[:] = [path for path in sys.path if below(real(path), installed) or not below(real(path), roots)]
trusted = installed + [real(path) for path in sys.path if not below(real(path), roots)]

def refuse(event, args):
    if event == "exec":
        path = getattr(args[0], "co_filename", None)
    elif event == "import" and len(args) > 1:
        path = args[1]
    else:
        return
    if not isinstance(path, str) or path == "" or path.startswith("<"):
        return
    if not below(real(path), trusted):
        os.write(2, ("\\n${REFUSAL}" + real(path) + "\\n").encode("utf-8", "surrogateescape"))
        raise RuntimeError("${REFUSAL}" + path)

if options["allow"]:
    sys.path.append(start)
else:
    sys.addaudithook(refuse)

def plain_output():
    from flake8.main import application
    parse = application.parse_args
    def parse_args(argv):
        plugins, given = parse(argv)
        given.output_file = None
        given.quiet = 0
        given.color = "never"
        for name in ("tee", "show_source", "count", "statistics", "benchmark"):
            setattr(given, name, False)
        return plugins, given
    application.parse_args = parse_args

if program == "-":
    source = sys.stdin.read()
    sys.argv = ["-", *arguments]
    exec(compile(source, "<vitrine>", "exec"), {"__name__": "__main__"})
else:
    if program == "flake8":
        plain_output()
    sys.argv = [program, *arguments]
    runpy.run_module(program, run_name="__main__", alter_sys=True)
`;
