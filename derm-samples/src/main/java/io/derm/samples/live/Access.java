package io.derm.samples.live;

import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.SameSite;
import io.javalin.http.UnauthorizedResponse;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may see the page. With a token: whoever has it, by a header or by a cookie that the link with it leaves. Without one: this machine,
 * under a name of its own or the one that it was told to listen at, so that no other site's name can be pointed at it (DNS rebinding).
 * What changes something, and the WebSocket, must come from the page itself. Thread-safe.
 */
final class Access {
    /** Browsers keep cookies by host, whatever the port: the name tells two derms on one host apart. */
    private static final String COOKIE = "derm_live_";

    private static final String BEARER = "Bearer ";
    /** An address, which nobody's DNS can point elsewhere. */
    private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}");

    private final Optional<byte[]> token;
    private final String host;
    private final IntSupplier port;
    /** What the cookie says: made anew with each start, so that it opens nothing later and does not give the token away. */
    private final String ticket;

    /**
     * Lets in who may see the page.
     *
     * @param host as it was told to listen at
     * @param port the one that it listens at, once it does
     */
    Access(Optional<String> token, String host, IntSupplier port) {
        this.token = token.map(t -> t.getBytes(StandardCharsets.UTF_8));
        this.host = host.toLowerCase(Locale.ROOT);
        this.port = port;
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        ticket = HexFormat.of().formatHex(random);
    }

    /** Headers of every answer. */
    static void headers(Context ctx) {
        ctx.header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
                        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        ctx.header("X-Content-Type-Options", "nosniff");
        ctx.header("X-Frame-Options", "DENY");
        ctx.header("Referrer-Policy", "no-referrer");
        ctx.header("Cross-Origin-Opener-Policy", "same-origin");
        ctx.header("Cross-Origin-Resource-Policy", "same-origin");
        ctx.header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
        ctx.header("Cache-Control", "no-store");
    }

    /** Whether the link's token is right; the cookie is then set. */
    boolean admit(Context ctx, String given) {
        if (token.isEmpty() || !same(token.get(), given)) {
            return false;
        }
        Cookie cookie = new Cookie(cookie(), ticket);
        cookie.setPath("/");
        cookie.setHttpOnly(true);
        cookie.setSameSite(SameSite.STRICT);
        ctx.cookie(cookie);
        return true;
    }

    private String cookie() {
        return COOKIE + port.getAsInt();
    }

    /** Refuses whoever may not see the page. */
    void check(Context ctx) {
        if (token.isEmpty()) {
            if (!here(name(ctx.host()))) {
                throw new ForbiddenResponse("Open the page by the address that derm printed.");
            }
        } else if (!authorised(ctx, token.get())) {
            throw new UnauthorizedResponse(
                    "Open the page once by the link with the token: http://HOST:PORT/?token=TOKEN");
        }
    }

    private boolean authorised(Context ctx, byte[] expected) {
        String header = ctx.header("Authorization");
        if (header != null && header.startsWith(BEARER) && same(expected, header.substring(BEARER.length()))) {
            return true;
        }
        String cookie = ctx.cookie(cookie());
        return cookie != null && same(ticket.getBytes(StandardCharsets.UTF_8), cookie);
    }

    /** Refuses what another site's page sends, and what does not say where it comes from, but for programs with the token. */
    void checkOrigin(Context ctx) {
        String origin = ctx.header("Origin");
        boolean program = origin == null && token.isPresent() && ctx.header("Authorization") != null;
        if (!program && (origin == null || !authority(origin).equals(ctx.host()))) {
            throw new ForbiddenResponse("This is for the page itself alone.");
        }
    }

    /** In a time that does not tell how much of it is right. */
    private static boolean same(byte[] expected, String given) {
        return MessageDigest.isEqual(expected, given.getBytes(StandardCharsets.UTF_8));
    }

    /** Host and port of an origin. The scheme is left out: a server before this one may speak TLS. */
    private static String authority(String origin) {
        try {
            return String.valueOf(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static String name(@Nullable String host) {
        return host == null ? "" : host.replaceAll(":\\d+$", "").toLowerCase(Locale.ROOT);
    }

    /** Names of this machine that no other site can have: it is asked for nothing but what was given, and addresses. */
    private boolean here(String name) {
        return name.equals("localhost")
                || name.equals(host)
                || LOOPBACK.matcher(name).matches()
                || loopback6(name);
    }

    private static boolean loopback6(String name) {
        if (!name.startsWith("[")) {
            return false;
        }
        try {
            // In brackets it is an address, and not looked up.
            return InetAddress.getByName(name).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
