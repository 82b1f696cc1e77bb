package io.derm.samples.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.derm.api.DermException;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import io.javalin.util.JavalinBindException;
import io.javalin.websocket.WsConfig;
import io.javalin.websocket.WsContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the page of an exam and sends its viewers pictures, findings and states over one WebSocket each. Of no file but the page's own
 * and those that {@link Controls#file} names. Thread-safe.
 */
public final class LiveServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveServer.class);
    private static final int STATE_MILLIS = 400;
    private static final int MIN_TOKEN = 16;
    private static final int TRY_AGAIN_LATER = 1013;
    private static final long MAX_REQUEST = 16_384;
    private static final String VIEWER = "viewer";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> PAGE = Map.of(
            "/", "index.html text/html",
            "/live.css", "live.css text/css",
            "/live.js", "live.js text/javascript",
            "/connection.js", "connection.js text/javascript",
            "/draw.js", "draw.js text/javascript",
            "/lesions.js", "lesions.js text/javascript",
            "/icon.svg", "icon.svg image/svg+xml",
            "/favicon.ico", "icon.svg image/svg+xml");

    private final Access access;
    private final Controls controls;
    private final Viewers viewers = new Viewers();
    private final Pictures pictures = new Pictures(viewers);
    private final Javalin javalin;
    private final ScheduledExecutorService states = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "derm-live-states");
        thread.setDaemon(true);
        return thread;
    });

    private LiveServer(String host, Optional<String> token, Controls controls) {
        this.access = new Access(token, host, this::port);
        this.controls = controls;
        this.javalin = Javalin.create(this::configure);
    }

    /**
     * Starts to serve.
     *
     * @param host name or address to listen at; another than this machine's own loopback wants a token
     * @param port 0 for any that is free
     * @param token of at least 16 characters, that viewers have to know
     * @throws DermException if the address is not to be had, or not without a token
     * @throws IllegalArgumentException if the token is too short
     */
    public static LiveServer start(String host, int port, Optional<String> token, Controls controls) {
        token.ifPresent(LiveServer::requireLong);
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new DermException(
                    812,
                    "Host '" + host + "' is not known",
                    "Give a name or an address of this machine with --host.",
                    e);
        }
        if (token.isEmpty() && !address.isLoopbackAddress()) {
            throw new DermException(
                    811,
                    "Host " + host + " can be reached by other machines and no token is set",
                    "Set one with --token, or leave --host out for this machine alone.");
        }
        requireLocal(host, address);
        LiveServer server = new LiveServer(host, token, controls);
        try {
            server.javalin.start(address.getHostAddress(), port);
        } catch (JavalinBindException e) {
            server.close();
            throw new DermException(
                    810,
                    "Port " + port + " of " + host + " is in use or not allowed",
                    "Choose another with --port, or end what uses it.",
                    e);
        } catch (RuntimeException | Error e) {
            server.close();
            throw e;
        }
        server.states.scheduleWithFixedDelay(server::tell, STATE_MILLIS, STATE_MILLIS, TimeUnit.MILLISECONDS);
        return server;
    }

    private static void requireLong(String token) {
        if (token.length() < MIN_TOKEN) {
            throw new IllegalArgumentException("--token has " + token.length() + " characters, expected at least "
                    + MIN_TOKEN + ", e.g. of 'openssl rand -hex 16'");
        }
    }

    private static void requireLocal(String host, InetAddress address) {
        try (java.net.ServerSocket probe = new java.net.ServerSocket()) {
            probe.bind(new InetSocketAddress(address, 0));
        } catch (IOException e) {
            throw new DermException(
                    812,
                    "Host '" + host + "' is no address of this machine: " + e.getMessage(),
                    "Give one that is with --host, e.g. 0.0.0.0 for all.",
                    e);
        }
    }

    private void configure(JavalinConfig config) {
        config.startup.showJavalinBanner = false;
        config.startup.showOldJavalinVersionWarning = false;
        config.startup.startupWatcherEnabled = false;
        config.http.maxRequestSize = MAX_REQUEST;
        QueuedThreadPool threads = new QueuedThreadPool(24, 4);
        threads.setDaemon(true);
        threads.setName("derm-live-http");
        config.jetty.threadPool = threads;
        config.routes.before(this::before);
        config.routes.wsBeforeUpgrade(ctx -> {
            access.check(ctx);
            access.checkOrigin(ctx);
        });
        PAGE.forEach((path, resource) -> {
            String[] nameAndType = resource.split(" ", 2);
            byte[] content = read(nameAndType[0]);
            config.routes.get(path, ctx -> ctx.contentType(nameAndType[1] + "; charset=utf-8")
                    .result(content));
        });
        config.routes.get("/lesions/{round}/{id}", this::crop);
        config.routes.get("/files/{name}", this::file);
        posts(config);
        config.routes.ws("/ws", this::viewer);
        config.routes.exception(DermException.class, (e, ctx) -> failed(ctx, HttpStatus.CONFLICT, e));
        config.routes.exception(IllegalStateException.class, (e, ctx) -> failed(ctx, HttpStatus.CONFLICT, e));
        config.routes.exception(IllegalArgumentException.class, (e, ctx) -> failed(ctx, HttpStatus.BAD_REQUEST, e));
        config.routes.exception(IOException.class, LiveServer::broken);
    }

    private void posts(JavalinConfig config) {
        post(config, "pause", body -> controls.pause(body.path("on").asBoolean(true)));
        post(config, "record", body -> controls.record(body.path("on").asBoolean(true)));
        post(config, "restart", body -> controls.restart());
        post(config, "threshold", body -> controls.threshold(body.path("score").asDouble(-1)));
        post(
                config,
                "swap",
                body -> controls.swap(
                        part(body),
                        body.path("model").asText(),
                        body.path("runtime").asText(),
                        body.path("unchecked").asBoolean(false)));
        post(config, "rollback", body -> controls.rollback(part(body)));
        post(config, "cancel", body -> controls.cancel(part(body)));
        config.routes.post("/api/snapshot", ctx -> {
            ObjectNode answer = JSON.createObjectNode();
            controls.snapshot().forEach(answer.putArray("files")::add);
            ctx.contentType("application/json").result(answer.toString());
        });
    }

    private void post(JavalinConfig config, String name, Consumer<JsonNode> command) {
        config.routes.post("/api/" + name, ctx -> {
            command.accept(body(ctx));
            states.execute(this::tell);
            ctx.status(HttpStatus.NO_CONTENT);
        });
    }

    private static JsonNode body(Context ctx) {
        try {
            return ctx.body().isBlank() ? JSON.createObjectNode() : JSON.readTree(ctx.body());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("The body is no JSON, expected an object", e);
        }
    }

    private static Controls.Part part(JsonNode body) {
        return switch (body.path("part").asText()) {
            case "detector" -> Controls.Part.DETECTOR;
            case "classifier" -> Controls.Part.CLASSIFIER;
            default ->
                throw new IllegalArgumentException(
                        "Part is '" + body.path("part").asText() + "', expected detector or classifier");
        };
    }

    private void before(Context ctx) {
        Access.headers(ctx);
        String given = ctx.path().equals("/") ? ctx.queryParam("token") : null;
        if (given != null && access.admit(ctx, given)) {
            // No redirect: a browser that came by another site's link would follow it without the cookie.
            ctx.html(
                    "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>derm</title>"
                            + "<meta http-equiv=\"refresh\" content=\"0; url=/\"><p><a href=\"/\">Open the page</a></p></html>");
            ctx.skipRemainingHandlers();
            return;
        }
        access.check(ctx);
        if (!ctx.method().name().equals("GET") && !ctx.method().name().equals("HEAD")) {
            access.checkOrigin(ctx);
        }
    }

    private void crop(Context ctx) {
        int round = ctx.pathParamAsClass("round", Integer.class).get();
        int lesion = ctx.pathParamAsClass("id", Integer.class).get();
        controls.crop(round, lesion)
                .ifPresentOrElse(
                        jpeg -> ctx.contentType("image/jpeg").result(jpeg), () -> ctx.status(HttpStatus.NO_CONTENT));
    }

    private void file(Context ctx) throws IOException {
        String name = ctx.pathParam("name");
        Path file = controls.file(name).orElseThrow(NotFoundResponse::new);
        long length;
        InputStream content;
        try {
            length = Files.size(file);
            content = Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw new NotFoundResponse();
        }
        // As it is: a recording may be larger than the memory, and compressed its length would not be known.
        ctx.disableCompression();
        ctx.header("Content-Length", Long.toString(length));
        ctx.header("Content-Disposition", "attachment; filename=\"" + name + "\"");
        ctx.contentType("application/octet-stream").result(content);
    }

    private static void failed(Context ctx, HttpStatus status, Exception e) {
        ctx.status(status)
                .contentType("application/json")
                .result(JSON.createObjectNode()
                        .put("error", String.valueOf(e.getMessage()))
                        .toString());
    }

    /** Whoever has gone before the answer is nothing to warn of. */
    private static void broken(IOException e, Context ctx) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof EofException || cause instanceof ClosedChannelException) {
                LOG.debug("Nobody is there for the answer to {}", ctx.path(), e);
                return;
            }
        }
        LOG.warn("{} could not be answered: {}", ctx.path(), e.toString());
        failed(ctx, HttpStatus.INTERNAL_SERVER_ERROR, e);
    }

    private void viewer(WsConfig ws) {
        ws.onConnect(ctx -> {
            Viewer viewer = new Viewer(ctx.session, pictures::wake);
            // Before anything is sent: where that fails it is removed.
            ctx.attribute(VIEWER, viewer);
            if (!viewers.add(viewer)) {
                ctx.closeSession(TRY_AGAIN_LATER, "Too many viewers");
                return;
            }
            viewer.offer(controls.state());
            pictures.welcome(viewer);
        });
        ws.onMessage(ctx -> viewerOf(ctx).ifPresent(viewer -> viewer.drawn(ctx.message())));
        ws.onClose(ctx -> viewerOf(ctx).ifPresent(viewers::remove));
        ws.onError(ctx -> viewerOf(ctx).ifPresent(viewers::remove));
    }

    private static Optional<Viewer> viewerOf(WsContext ctx) {
        return Optional.ofNullable(ctx.attribute(VIEWER));
    }

    private void tell() {
        try {
            viewers.sweep();
            if (viewers.size() > 0) {
                viewers.offer(controls.state());
            }
        } catch (RuntimeException e) {
            LOG.warn("The page could not be told the state of the exam: {}", e.toString());
        }
    }

    private static byte[] read(String resource) {
        try (InputStream in = LiveServer.class.getResourceAsStream(resource)) {
            return Objects.requireNonNull(in, resource).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What viewers see. */
    public Pictures pictures() {
        return pictures;
    }

    /** The port it listens at. */
    public int port() {
        return javalin.port();
    }

    @Override
    public void close() {
        states.shutdownNow();
        pictures.close();
        javalin.stop();
    }
}
