package io.derm.samples;

import io.derm.api.InferenceRuntime;
import io.derm.api.SessionOptions;
import io.derm.effnet.EffnetOptions;
import io.derm.effnet.LabelMaps;
import io.derm.pipeline.ExamSummary;
import io.derm.samples.live.LiveServer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "live",
        mixinStandardHelpOptions = true,
        description = "Examines a source and shows it on a web page, with controls; see docs/live-page.md.",
        footer = Derm.RESEARCH_USE)
final class LiveCommand implements Callable<Integer>, CheckedOptions {
    private static final int STOPPED = 130;
    private static final int MAX_PORT = 65_535;

    @Parameters(
            arity = "0..1",
            paramLabel = "SOURCE",
            description = "Video, stream, webcam, image or folder, see derm sources (default: a bundled clip, looped).")
    private @Nullable String source;

    @Option(
            names = "--host",
            defaultValue = "127.0.0.1",
            description =
                    "Address to serve at; another than this machine's own wants --token (default: ${DEFAULT-VALUE}).")
    private String host = "127.0.0.1";

    @Option(names = "--port", defaultValue = "8321", description = "0 for any (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
            names = "--token",
            defaultValue = "${env:DERM_LIVE_TOKEN}",
            description =
                    "What viewers have to know, at least 16 characters; also from DERM_LIVE_TOKEN, where 'ps' does not show it.")
    private @Nullable String token;

    @Option(names = "--loop", description = "Plays a recording again and again, each time as a new exam.")
    private boolean loop;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "derm-out",
            description = "For snapshots and recordings (default: ${DEFAULT-VALUE}).")
    private Path out = Path.of("derm-out");

    @Mixin
    private final ModelsOption modelsOption = new ModelsOption();

    @Mixin
    private final ThreadsOption threadsOption = new ThreadsOption();

    @Mixin
    private final EvidenceOptions evidenceOptions = new EvidenceOptions();

    @Mixin
    private final DetectionOptions detectionOptions = new DetectionOptions();

    @Mixin
    private final LiveOption liveOption = new LiveOption();

    @Mixin
    private final ConfigOption configOption = new ConfigOption();

    @Mixin
    private final MetricsOption metricsOption = new MetricsOption();

    @Override
    public void check() {
        if (port < 0 || port > MAX_PORT) {
            throw new IllegalArgumentException("--port is " + port + ", expected 0 to " + MAX_PORT);
        }
    }

    @Override
    public Integer call() throws Exception {
        Outputs.folder(out);
        // Models, server and source open side by side, as a person waits for the first picture.
        try (DemoClip clip = source == null ? DemoClip.extract() : null;
                Opening<LiveParts> parts = Opening.start("derm-live-models", this::parts);
                LiveSession session = new LiveSession(out, parts::get, evidenceOptions);
                Opening<LiveServer> server = Opening.start(
                        "derm-live-server", () -> LiveServer.start(host, port, Optional.ofNullable(token), session))) {
            String path = clip == null ? String.valueOf(source) : clip.path().toString();
            try (ExamSource first = liveOption.open(path)) {
                String name = clip == null ? first.frames().info().name() : "bundled phantom clip";
                // The page is named once there is something to show on it, and what cannot be opened is told before.
                parts.get();
                return run(session, server, first, path, name, loop || clip != null);
            }
        }
    }

    private LiveParts parts() {
        InferenceRuntime runtime = modelsOption.runtime();
        PrecisionOption precision = modelsOption.precision();
        // Of the precision that was asked for, or refused.
        modelsOption.detectorFile().ifPresent(f -> precision.detector(Optional.of(f), runtime));
        modelsOption.classifierFile().ifPresent(f -> precision.classifier(Optional.of(f), runtime));
        SessionOptions session = threadsOption.session();
        EffnetOptions effnet = EffnetOptions.defaults();
        if (modelsOption.labels().isPresent()) {
            effnet = effnet.withLabels(LabelMaps.read(modelsOption.labels().get()));
        }
        LiveModels detectors = new LiveModels(DemoModel.DETECTOR, modelsOption.detectorFile());
        LiveModels classifiers = new LiveModels(DemoModel.CLASSIFIER, modelsOption.classifierFile());
        RuntimeProperties properties = modelsOption.properties();
        return new LiveParts(
                detectors,
                classifiers,
                detectors.first(precision.precision()),
                classifiers.first(precision.precision()),
                runtime.name(),
                new LiveModels.Openers(
                        detectionOptions.yolo(),
                        effnet,
                        r -> properties.of(ModelsOption.DETECTOR, r, session),
                        r -> properties.of(ModelsOption.CLASSIFIER, r, session)),
                RuntimeOption::find);
    }

    private int run(
            LiveSession session, Opening<LiveServer> opening, ExamSource first, String path, String name, boolean again)
            throws Exception {
        Optional<ExamSummary> summary;
        boolean stopped;
        try (Interruption interruption = new Interruption(session::stop)) {
            try (MetricsServer metrics = metricsOption.start();
                    Opening<LiveServer> closedFirst = opening) {
                LiveServer server = closedFirst.get();
                System.err.println("The page is at " + link(server) + "  Ctrl-C ends it. " + Derm.RESEARCH_USE);
                summary = session.run(first, () -> liveOption.open(path), name, again, server.pictures(), round -> {
                    if (metrics != null && round.number() == 1) {
                        metrics.add(round.exam(), name, round.examined());
                    }
                });
            }
            session.close();
            stopped = interruption.happened();
            summary.ifPresent(s ->
                    System.err.println(ExamCommand.line(s) + ". Saved files are in " + out + ". " + Derm.RESEARCH_USE));
        }
        return stopped ? STOPPED : 0;
    }

    private String link(LiveServer server) {
        String reached = reachable(host);
        String shown = reached.contains(":") ? "[" + reached + "]" : reached;
        return "http://" + shown + ":" + server.port() + (token == null ? "/" : "/?token=TOKEN, with the token given,");
    }

    /** What a browser can open: the machine's name where it listens at all of its addresses. */
    static String reachable(String host) {
        try {
            return InetAddress.getByName(host).isAnyLocalAddress()
                    ? InetAddress.getLocalHost().getHostName()
                    : host;
        } catch (UnknownHostException e) {
            return host;
        }
    }
}
