package io.derm.samples;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page in a browser, at a real exam of the bundled clip. Pictures of it are left in target/live-page. */
@Timeout(240)
class LivePageTest {
    private static final Path SCREENSHOTS = Path.of("target/live-page");
    private static final int PATIENCE_MILLIS = 60_000;

    @TempDir
    static Path dir;

    private static Playwright playwright;
    private static Browser browser;
    private static LiveProcess live;

    private final List<String> complaints = new ArrayList<>();
    private BrowserContext context;

    @BeforeAll
    static void open() throws Exception {
        Path chromium = Stream.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        Assumptions.assumeTrue(chromium != null, "no Chromium here (Debian: apt install chromium)");
        playwright = Playwright.create(
                new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        browser = playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(chromium)
                        // As in a container, where there is one user and no sandbox.
                        .setArgs(List.of("--no-sandbox")));
        // A machine that stalls for a while has not failed; of the context's own time-out assertions know nothing.
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE_MILLIS);
        live = new LiveProcess(dir, "--precision", "int8");
    }

    @AfterAll
    static void close() throws Exception {
        if (live != null) {
            live.close();
        }
        if (playwright != null) {
            playwright.close();
        }
    }

    @AfterEach
    void noComplaint_ofTheBrowser_isLeft() {
        context.close();
        assertThat(complaints).isEmpty();
    }

    /** Whatever the test before left. */
    @BeforeEach
    void resume() throws Exception {
        post("pause", "{\"on\": false}");
    }

    private static void post(String name, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(live.address() + "/api/" + name))
                .header("Origin", live.address())
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding());
    }

    private Page page(String address) {
        return page(address, new Browser.NewContextOptions().setViewportSize(1280, 800));
    }

    private Page page(String address, Browser.NewContextOptions options) {
        context = browser.newContext(options);
        context.setDefaultTimeout(PATIENCE_MILLIS);
        Page page = context.newPage();
        page.onConsoleMessage(m -> {
            if (m.type().equals("error") || m.type().equals("warning")) {
                complaints.add(m.text());
            }
        });
        page.onPageError(complaints::add);
        page.navigate(address);
        return page;
    }

    private static LocatorAssertions check(Locator locator) {
        return assertThat(locator);
    }

    private static Locator picture(Page page) {
        return page.locator("#picture");
    }

    /** Waits until so many pictures were drawn. */
    private static void pictures(Page page, int n) {
        page.waitForFunction("n => Number(document.getElementById('picture').dataset.frames ?? 0) >= n", n);
    }

    private static int drawn(Page page) {
        return ((Number) page.evaluate("Number(document.getElementById('picture').dataset.frames ?? 0)")).intValue();
    }

    /** Waits until nothing was drawn for a while. */
    private static int settled(Page page) {
        int drawn = -1;
        while (drawn != drawn(page)) {
            drawn = drawn(page);
            page.waitForTimeout(2_000);
        }
        return drawn;
    }

    /** Waits until the bundled clip shows a lesion that is confirmed. */
    private static void lesions(Page page) {
        check(page.locator(".card .state", new Page.LocatorOptions().setHasText("✓ confirmed"))
                        .first())
                .isVisible(new LocatorAssertions.IsVisibleOptions().setTimeout(PATIENCE_MILLIS));
    }

    private static void shot(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions()
                .setPath(SCREENSHOTS.resolve(name + ".png"))
                .setFullPage(true));
    }

    @Test
    void page_opened_showsPicturesWithBoxesOfTheSameFrame() {
        Page page = page(live.address());
        pictures(page, 5);
        check(page.locator("#notice")).hasText("Research use only, not a medical device.");
        lesions(page);
        page.waitForFunction("() => Number(document.getElementById('picture').dataset.boxes) > 0");
        // A box is drawn in a colour of its class, which skin does not have.
        page.waitForFunction("""
                () => {
                  const canvas = document.getElementById('picture');
                  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                  const colours = [[0x00, 0x68, 0xa8], [0x66, 0x66, 0x66], [0xb5, 0x47, 0x08]];
                  let n = 0;
                  for (let i = 0; i < data.length; i += 4) {
                    n += colours.some(([r, g, b]) => data[i] === r && data[i + 1] === g && data[i + 2] === b) ? 1 : 0;
                  }
                  return n > 500;
                }""");
        Locator card = page.locator(".card").first();
        lookShown(page);
        assertThat(card.locator(".bars .n").allInnerTexts()).hasSize(3).allMatch(t -> t.matches("\\d{1,3} %"));
        assertThat(card.locator("path.melanoma").getAttribute("d")).startsWith("M0.0 ");
        check(page.locator("#detector")).hasText("demo model, int8, onnxruntime");
        check(page.locator("#times th").first()).hasText("Capture");
    }

    @Test
    void keys_pauseAndResume_holdThePicture() {
        Page page = page(live.address());
        pictures(page, 3);
        page.keyboard().press("p");
        check(page.locator("#veil")).hasText("Paused");
        check(page.locator("#pause .label")).hasText("Resume");
        // What was in a stage is delivered still.
        int before = settled(page);
        page.waitForTimeout(1_000);
        assertThat(drawn(page)).isEqualTo(before);
        page.keyboard().press("p");
        check(page.locator("#veil")).isHidden();
        pictures(page, before + 3);
        page.locator("#shortcuts").uncheck();
        page.keyboard().press("p");
        page.waitForTimeout(900);
        check(page.locator("#veil")).isHidden();
    }

    @Test
    void snapshot_pressed_isSavedAndOffered() throws Exception {
        Page page = page(live.address());
        pictures(page, 3);
        page.locator("#snapshot").click();
        Locator link = page.locator("#saved-list a", new Page.LocatorOptions().setHasText(".json"))
                .first();
        check(link).isVisible();
        Download download = page.waitForDownload(link::click);
        assertThat(download.suggestedFilename()).matches("snapshot-\\d{8}-\\d{6}-\\d{3}\\.json");
        assertThat(Files.readString(download.path()))
                .contains("\"notice\" : \"Research use only, not a medical device.\"", "\"sha256\" : \"");
        String name = download.suggestedFilename().replace(".json", ".jpg");
        assertThat(dir.resolve("out").resolve(name)).isNotEmptyFile();
        check(page.locator("#saved-list a", new Page.LocatorOptions().setHasText(name)))
                .isVisible();
    }

    @Test
    void record_startedAndStopped_leavesAVideo() throws Exception {
        Page page = page(live.address());
        pictures(page, 3);
        page.keyboard().press("r");
        check(page.locator("#record")).hasAttribute("aria-pressed", "true");
        page.waitForFunction("() => Number(document.getElementById('rec-frames').textContent) > 10");
        page.keyboard().press("r");
        Locator link = page.locator("#saved-list a", new Page.LocatorOptions().setHasText(".mp4"))
                .first();
        check(link).isVisible();
        Path video = dir.resolve("out").resolve(link.innerText());
        try (var source = io.derm.capture.Sources.open(video.toString())) {
            assertThat(source.info().width()).isEqualTo(1280);
        }
        check(page.locator("#rec")).isHidden();
    }

    @Test
    void swap_ofPrecisionAndBack_switchesWhileItRuns() {
        Page page = page(live.address());
        lesions(page);
        Locator form = page.locator("#detector-form");
        page.locator("#detector-model").selectOption("demo fp32");
        form.locator(".try").click();
        check(form.locator(".trial")).isVisible();
        shot(page, "trial");
        check(form.locator(".outcome"))
                .containsText(
                        Pattern.compile("(Switched to .*|refused: (it takes|only) .*) agreement"),
                        new LocatorAssertions.ContainsTextOptions().setTimeout(2 * PATIENCE_MILLIS));
        Matcher agreement = Pattern.compile("(\\d+) % agreement")
                .matcher(form.locator(".outcome").innerText());
        assertThat(agreement.find()).isTrue();
        assertThat(Integer.parseInt(agreement.group(1))).isGreaterThanOrEqualTo(90);
        // On a machine that does much else it may be too slow, which is a person's to decide.
        if (form.locator(".anyway").isVisible()) {
            form.locator(".anyway").click();
        }
        check(page.locator("#detector"))
                .hasText(
                        "demo model, float32, onnxruntime",
                        new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
        int before = drawn(page);
        form.locator(".back").click();
        check(page.locator("#detector"))
                .hasText(
                        "demo model, int8, onnxruntime",
                        new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
        pictures(page, before + 3);
    }

    @Test
    void threshold_moved_isThatOfTheLiveDetector() {
        Page page = page(live.address());
        pictures(page, 3);
        Locator slider = page.locator("#threshold");
        String before = slider.inputValue();
        slider.focus();
        page.keyboard().press("ArrowRight");
        String wanted = String.format(java.util.Locale.ROOT, "%.2f", Double.parseDouble(before) + 0.05);
        check(page.locator("#threshold-value")).hasText(wanted);
        check(page.locator("#detector-form .outcome"))
                .containsText(
                        "Switched to demo int8 on onnxruntime, score over " + wanted,
                        new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE_MILLIS));
        page.locator("#detector-form .back").click();
    }

    @Test
    void swapAnyway_ofWhatWasRefused_isNotOfWhatTheListsShow() {
        Page page = page(live.address());
        pictures(page, 3);
        // No frames, so that the trial goes on until it is cancelled.
        page.keyboard().press("p");
        check(page.locator("#veil")).hasText("Paused");
        Locator form = page.locator("#detector-form");
        page.locator("#detector-model").selectOption("demo fp32");
        form.locator(".try").click();
        form.locator(".cancel").click();
        check(form.locator(".outcome"))
                .containsText(
                        Pattern.compile("demo fp32 on onnxruntime, score over 0\\.\\d+ refused: it was cancelled"),
                        new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE_MILLIS));
        page.locator("#detector-model").selectOption("demo int8");
        check(form.locator(".anyway")).hasText("Switch to demo fp32 on onnxruntime anyway");
        shot(page, "refused");
        form.locator(".anyway").click();
        check(page.locator("#detector"))
                .hasText(
                        "demo model, float32, onnxruntime",
                        new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
        form.locator(".back").click();
        check(page.locator("#detector"))
                .hasText(
                        "demo model, int8, onnxruntime",
                        new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
    }

    @Test
    void threshold_changedElsewhereOrRefused_isShownWhileTheSliderHasFocus() throws Exception {
        Page page = page(live.address());
        pictures(page, 3);
        Locator slider = page.locator("#threshold");
        Locator shown = page.locator("#threshold-value");
        String before = slider.inputValue();
        slider.focus();
        post("threshold", "{\"score\": 0.6}");
        check(shown).hasText("0.60", new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
        check(slider).hasValue("0.6");
        check(slider).isFocused();
        page.route(
                "**/api/threshold",
                route -> route.fulfill(new Route.FulfillOptions().setStatus(409).setBody("{\"error\": \"not now\"}")));
        page.keyboard().press("ArrowRight");
        check(page.locator("#message")).hasText("not now");
        check(slider).hasValue("0.6");
        check(shown).hasText("0.60");
        // Of the answer that it was refused with.
        context.close();
        complaints.removeIf(c -> c.contains("409"));
        post("threshold", "{\"score\": " + before + "}");
    }

    @Test
    void token_missing_isRefused() throws Exception {
        String token = "0123456789abcdef";
        try (LiveProcess guarded = new LiveProcess(Files.createDirectory(dir.resolve("token")), "--token", token)) {
            Page page = page(guarded.address());
            check(page.locator("body")).containsText("Open the page once by the link with the token");
            page.navigate(guarded.address() + "/?token=" + token);
            pictures(page, 2);
            assertThat(page.url()).isEqualTo(guarded.address() + "/");
            // Chromium tells of the 401 as of an error. The page goes before derm does, which it would complain of.
            context.close();
            complaints.removeIf(c -> c.contains("401"));
        }
    }

    @ParameterizedTest
    @CsvSource({"LIGHT,1280,800", "DARK,1280,800", "LIGHT,820,1180", "DARK,820,1180"})
    void accessibility_ofThePage_hasNoSeriousFinding(ColorScheme scheme, int width, int height) throws Exception {
        Page page = page(
                live.address(),
                new Browser.NewContextOptions()
                        .setViewportSize(width, height)
                        .setColorScheme(scheme)
                        // Axe comes in as a script of the test, which the page's policy rightly refuses.
                        .setBypassCSP(true)
                        .setReducedMotion(ReducedMotion.REDUCE));
        lesions(page);
        page.locator("#snapshot").click();
        check(page.locator("#saved")).isVisible();
        shot(page, scheme.name().toLowerCase(java.util.Locale.ROOT) + "-" + width + "x" + height);
        try (InputStream axe = Objects.requireNonNull(LivePageTest.class.getResourceAsStream("/axe.min.js"))) {
            page.evaluate(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        }
        Object found = page.evaluate("""
                async () => (await axe.run()).violations.filter(v => v.impact === 'serious' || v.impact === 'critical')
                  .map(v => v.id + ': ' + v.nodes.map(n => n.target + ' ' + n.failureSummary).join('; '))""");
        assertThat((List<?>) found).isEmpty();
        assertThat((Boolean) page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))
                .as("fits the width")
                .isTrue();
    }

    @Test
    void page_ofAnExamThatIsOver_saysSoAndIsPlayedAgain() throws Exception {
        Path clip = dir.resolve("short.mp4");
        ShortClip.write(clip, 20);
        try (LiveProcess brief = new LiveProcess(Files.createDirectory(dir.resolve("short")), clip.toString())) {
            Page page = page(brief.address());
            check(page.locator("#veil"))
                    .hasText(
                            "The recording has ended.",
                            new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
            check(page.locator("#exam")).hasText("ended");
            int before = drawn(page);
            page.locator("#restart").click();
            pictures(page, before + 2);
            assertThat(brief.interrupt()).isEqualTo(130);
            assertThat(brief.log())
                    .containsPattern(Pattern.compile(
                            "\\d+ lesions? in \\d+ frames, \\d+\\.\\d s, \\d+\\.\\d frames/s\\. Saved files"))
                    .doesNotContain("\tat ");
            check(page.locator("#connection")).hasText("no connection to derm");
            check(page.locator("#veil")).hasText(Pattern.compile("No connection to derm\\..*"));
            forgiveLostConnections();
        }
    }

    /** Closes the page first: what Chromium says of connections comes whenever it likes. */
    private void forgiveLostConnections() {
        context.close();
        complaints.removeIf(c -> c.contains("WebSocket") || c.contains("ERR_"));
    }

    @Test
    void derm_thatStandsStill_isToldFromALivePicture() throws Exception {
        Page page = page(live.address());
        pictures(page, 3);
        check(page.locator("#veil")).isHidden();
        // The connection stays open, as it does where a network is lost.
        live.signal("STOP");
        try {
            check(page.locator("#veil"))
                    .hasText(
                            Pattern.compile("No new picture\\. This one is \\d+ s old\\."),
                            new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
            shot(page, "standing-still");
            check(page.locator("#veil"))
                    .hasText(
                            Pattern.compile("No connection to derm\\. This one is \\d+ s old\\."),
                            new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
            check(page.locator("#message")).hasText("No connection to derm");
        } finally {
            live.signal("CONT");
        }
        int before = drawn(page);
        pictures(page, before + 3);
        check(page.locator("#veil")).isHidden();
        forgiveLostConnections();
    }

    @Test
    void camera_thatIsLost_isToldFromALivePicture() throws Exception {
        try (MjpegCamera camera = new MjpegCamera(Integer.MAX_VALUE, 1);
                LiveProcess of = new LiveProcess(
                        Files.createDirectory(dir.resolve("camera")), camera.url(), "--precision", "int8")) {
            Page page = page(of.address());
            pictures(page, 3);
            check(page.locator("#connection")).hasText("live");
            camera.close();
            check(page.locator("#veil"))
                    .hasText(
                            Pattern.compile("No picture from the source: .+ This one is \\d+ s old\\."),
                            new LocatorAssertions.HasTextOptions().setTimeout(PATIENCE_MILLIS));
            assertThat(page.locator("#veil").innerText()).doesNotContain("opensesame");
            shot(page, "camera-lost");
            // One that is opened now is told how old the picture is, and not when it came to the page.
            int known = age(page, 5);
            Page late = context.newPage();
            late.navigate(of.address());
            pictures(late, 1);
            assertThat(age(late, 1)).isGreaterThanOrEqualTo(known);
            shot(late, "camera-lost-opened-late");
            context.close();
        }
    }

    /** Waits until the veil tells of a picture of so many seconds; its age by then. */
    private static int age(Page page, int seconds) {
        return ((Number) page.waitForFunction("""
                        seconds => {
                          const age = /This one is (\\d+) s old/.exec(document.getElementById('veil').textContent);
                          return age !== null && Number(age[1]) >= seconds ? Number(age[1]) : false;
                        }""", seconds).jsonValue()).intValue();
    }

    @Test
    void pictures_longOnTheirWay_areNotTakenForLiveOnes() throws Exception {
        int seconds = 5;
        try (LiveLateLink link = new LiveLateLink(URI.create(live.address()).getPort(), seconds)) {
            Page page = page(link.address());
            // The second was sent when the first was, and waited for it on its way.
            pictures(page, 3);
            assertThat(age(page, 1)).isGreaterThanOrEqualTo(seconds);
            assertThat(page.locator("#veil").isVisible()).isTrue();
            context.close();
        }
    }

    @Test
    void picture_thatIsTheFirst_isDescribed() {
        Page before = page(live.address());
        pictures(before, 3);
        before.keyboard().press("p");
        check(before.locator("#veil")).hasText("Paused");
        settled(before);
        // This one gets the last picture, and no other.
        Page page = context.newPage();
        page.navigate(live.address());
        pictures(page, 1);
        check(page.locator("#picture")).hasAttribute("aria-label", Pattern.compile("Picture at \\d+\\.\\d s: .+"));
    }

    @Test
    void look_thatCannotBeHad_isAskedForAgain() {
        Page page = page(live.address());
        page.route("**/lesions/**", Route::abort);
        page.reload();
        lesions(page);
        assertThat(page.locator(".card img[src]").count()).isZero();
        page.unroute("**/lesions/**");
        lookShown(page);
        forgiveLostConnections();
    }

    private static void lookShown(Page page) {
        page.waitForFunction("() => (document.querySelector('.card img')?.naturalWidth ?? 0) > 20");
    }
}
