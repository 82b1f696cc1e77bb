package io.derm.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;

/** README.md and the pages of docs/: their Java compiles, their commands parse, their error ids and links are there. */
class DocsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\n(.*?)^```$");
    private static final Pattern ERROR = Pattern.compile("DERM-(\\d{3})");
    private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#\\s]+)");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$|^ {4}[^\\n]*$|`[^`\\n]*`");
    /** A line of a shell that runs derm, whatever stands before it. */
    private static final Pattern COMMAND =
            Pattern.compile("(?m)^(?: {4}|)[^`\\n|]*?(?:\\./derm|derm\\.sh|derm\\.jar) +([a-z].*)$");
    /** The same within a sentence or a table. */
    private static final Pattern INLINE = Pattern.compile("`(?:[A-Z_]+=\\S+ )?(?:\\./)?derm ([a-z-]+[^`]*)`");
    /** A row of the README's table of commands. */
    private static final Pattern TABLE = Pattern.compile("(?m)^\\| `([a-z-]+(?: [^`]*)?)` \\|");
    /** What stands for a value in a page. */
    private static final Pattern PLACEHOLDER = Pattern.compile("[A-Z][A-Z_.=0-9]*|l|…");

    private static final String IMPORTS = Stream.of(
                    "io.derm.api",
                    "io.derm.capture",
                    "io.derm.effnet",
                    "io.derm.models",
                    "io.derm.onnx",
                    "io.derm.phantom",
                    "io.derm.pipeline",
                    "io.derm.yolo",
                    "java.nio.file",
                    "java.util",
                    "java.util.concurrent")
            .map(p -> "import " + p + ".*; ")
            .collect(Collectors.joining());

    /** What a snippet may take for granted: parts that the text around it has named. */
    private static final String GIVEN = """
            InferenceRuntime runtime; FrameSource source; Detector detector; Classifier classifier; Frame frame;
            String[] args; FrameSource leftCamera; FrameSource rightCamera; OnnxModel model; Samples samples; Path file;
            Detector open(String model) { throw new UnsupportedOperationException(model); }
            """;

    @TempDir
    Path dir;

    @Test
    void java_everySnippet_compiles() throws Exception {
        List<JavaFileObject> sources = new ArrayList<>();
        String compiled = sources();
        for (Map.Entry<String, String> page : pages().entrySet()) {
            for (MatchResult snippet : JAVA.matcher(page.getValue()).results().toList()) {
                if (!compiled.contains(squash(snippet.group(1)))) {
                    sources.add(source(page.getKey(), snippet.group(1)));
                }
            }
        }
        assertThat(sources).hasSizeGreaterThan(4);
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        DiagnosticCollector<JavaFileObject> wrong = new DiagnosticCollector<>();
        // Surefire starts Java with a jar that only names the class path.
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        boolean succeeded = compiler.getTask(
                        null,
                        null,
                        wrong,
                        List.of("-proc:none", "-classpath", classPath, "-d", dir.toString()),
                        null,
                        sources)
                .call();
        assertThat(wrong.getDiagnostics().stream()
                        .filter(d -> d.getKind() == javax.tools.Diagnostic.Kind.ERROR)
                        .map(d -> d.getSource().getName() + " line " + (d.getLineNumber() - 1) + " of the snippet: "
                                + d.getMessage(Locale.ROOT)))
                .isEmpty();
        assertThat(succeeded).isTrue();
    }

    /** All sources of the repository, embed among them, which has a build of its own: what stands in one of them word for word compiles. */
    private static String sources() throws IOException {
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.walk(ROOT)) {
            for (Path file : files.filter(f -> f.toString().matches("\\.\\./derm-[^/]+/(embed/)?src/.*\\.java"))
                    .toList()) {
                sources.append(squash(Files.readString(file))).append('\n');
            }
        }
        return sources.toString();
    }

    private static String squash(String text) {
        return text.replaceAll("\\s+", "");
    }

    /**
     * A snippet as a class: its own imports first; one that declares a class has it as a member, any other is the body of a method.
     * The first line is ours, so that lines of messages are those of the snippet and one.
     */
    private static JavaFileObject source(String page, String snippet) {
        String name = "Snippet" + Integer.toHexString((page + snippet).hashCode());
        String own = snippet.lines().filter(l -> l.startsWith("import ")).collect(Collectors.joining(" "));
        String body = snippet.lines()
                .filter(l -> !l.startsWith("package "))
                .map(l -> l.startsWith("import ") ? "" : l)
                .collect(Collectors.joining("\n"));
        boolean types = Pattern.compile("(?m)^(?:public |final )*(?:class|record|interface|enum) ")
                .matcher(body)
                .find();
        String text = IMPORTS + own + " class " + name + " { " + GIVEN.replace("\n", " ")
                + (types
                        ? "\n" + body.replaceAll("(?m)^public ", "static ")
                        : "void run() throws Exception {\n" + body + "\n}")
                + "\n}";
        return new SimpleJavaFileObject(URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignore) {
                return text;
            }

            @Override
            public String getName() {
                return page;
            }
        };
    }

    @Test
    void commands_everyLine_areUnderstood() throws Exception {
        int lines = 0;
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, String> page : pages().entrySet()) {
            String text = page.getValue().replaceAll("\\\\\\n\\s*", "");
            for (MatchResult m : COMMAND.matcher(text).results().toList()) {
                complaints(m.group(1), false).forEach(c -> wrong.add(page.getKey() + ": " + m.group(1) + ": " + c));
                lines++;
            }
            for (MatchResult m : INLINE.matcher(text).results().toList()) {
                complaints(m.group(1), true).forEach(c -> wrong.add(page.getKey() + ": " + m.group(1) + ": " + c));
                lines++;
            }
        }
        for (MatchResult m : TABLE.matcher(pages().get("README.md")).results().toList()) {
            complaints(m.group(1).replace("\\|", "|"), false)
                    .forEach(c -> wrong.add("README.md: " + m.group(1) + ": " + c));
            lines++;
        }
        assertThat(wrong).isEmpty();
        assertThat(lines).isGreaterThan(50);
    }

    @Test
    void commands_thatAreWrong_areFound() {
        assertThat(complaints("exam --no-such-option", false)).hasSize(1);
        assertThat(complaints("nothing", false)).isNotEmpty();
        assertThat(complaints("import CFG WEIGHTS", false)).hasSize(1);
        assertThat(complaints("detect photo.jpg --threshold often", false)).hasSize(1);
        assertThat(complaints("import CFG WEIGHTS [--names FILE] -o MODEL", false))
                .isEmpty();
        assertThat(complaints("detect IMAGE... --threshold T", false)).isEmpty();
    }

    /** What the command line has against a line of a page; nothing is run. */
    private static List<String> complaints(String line, boolean partly) {
        List<String> words = new ArrayList<>();
        for (String word :
                line.replaceFirst("\\s+(?:#|>|2>|\\||&&).*", "").trim().split("\\s+", -1)) {
            String bare = word.replaceAll("[\\[\\]'\"]|[,;.]+$", "");
            if (!bare.isEmpty() && !bare.equals("…")) {
                // Of alternatives the first.
                words.add(bare.contains("|") ? bare.substring(0, bare.indexOf('|')) : bare);
            }
        }
        CommandLine derm = new CommandLine(new Derm()).setCaseInsensitiveEnumValuesAllowed(true);
        collecting(derm);
        CommandLine.ParseResult parsed = derm.parseArgs(words.toArray(String[]::new));
        List<String> complaints = new ArrayList<>();
        for (CommandLine.ParseResult r = parsed; r != null; r = r.hasSubcommand() ? r.subcommand() : null) {
            r.errors().stream()
                    .filter(e -> !(partly && e instanceof MissingParameterException))
                    .filter(e -> !isPlaceholder(e))
                    // The configuration file that a page names is not there.
                    .filter(e -> !String.valueOf(e.getMessage()).startsWith("[DERM-840]"))
                    .forEach(e -> complaints.add(e.getMessage()));
        }
        if (!parsed.hasSubcommand() && words.stream().noneMatch(w -> w.matches("--help|--version|-h|-V"))) {
            complaints.add("no command of derm");
        }
        return complaints.stream().distinct().toList();
    }

    private static boolean isPlaceholder(Exception e) {
        return e instanceof ParameterException p
                && p.getValue() != null
                && PLACEHOLDER.matcher(p.getValue()).matches();
    }

    private static void collecting(CommandLine command) {
        command.getCommandSpec().parser().collectErrors(true);
        command.getSubcommands().values().forEach(DocsTest::collecting);
    }

    @Test
    void errorIds_named_areListed() throws Exception {
        String listed = pages().get("docs/errors.md");
        pages().forEach((page, text) -> ERROR.matcher(text).results().forEach(m -> assertThat(listed)
                .as("%s names %s", page, m.group())
                .contains("| " + m.group() + " |")));
    }

    @Test
    void links_toFiles_areThere() throws Exception {
        pages().forEach((page, text) -> LINK.matcher(CODE.matcher(text).replaceAll(""))
                .results()
                .forEach(m -> {
                    Path from = ROOT.resolve(page).resolveSibling(m.group(1));
                    assertThat(from).as("%s links to %s", page, m.group(1)).exists();
                }));
    }

    @Test
    void index_namesEveryPage() throws Exception {
        Map<String, String> pages = pages();
        String index = pages.get("docs/README.md");
        assertThat(pages.keySet().stream()
                        .filter(p -> p.startsWith("docs/") && !p.equals("docs/README.md"))
                        .map(p -> p.substring("docs/".length())))
                .allSatisfy(p -> assertThat(index).contains("](" + p + ")"));
    }

    @Test
    void pages_onWhatIsFound_sayTheUse() throws Exception {
        Map<String, String> pages = pages();
        for (String page : List.of("README.md", "docs/README.md", "docs/getting-started.md", "docs/limits.md")) {
            assertThat(pages.get(page)).as(page).containsIgnoringCase("research use only, not a medical device");
        }
    }

    private static Map<String, String> pages() throws IOException {
        Map<String, String> pages = new TreeMap<>();
        pages.put("README.md", Files.readString(ROOT.resolve("README.md")));
        try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".md")).toList()) {
                pages.put("docs/" + file.getFileName(), Files.readString(file));
            }
        }
        return pages;
    }
}
