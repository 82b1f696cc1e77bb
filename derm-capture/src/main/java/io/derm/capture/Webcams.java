package io.derm.capture;

import static org.bytedeco.ffmpeg.global.avdevice.avdevice_free_list_devices;
import static org.bytedeco.ffmpeg.global.avdevice.avdevice_list_input_sources;
import static org.bytedeco.ffmpeg.global.avformat.av_find_input_format;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EACCES;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;

import io.derm.api.Availability;
import io.derm.api.CaptureException;
import io.derm.api.SourceDevice;
import io.derm.api.SourceKind;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bytedeco.ffmpeg.avdevice.AVDeviceInfoList;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avutil.AVDictionary;

/** The webcams of this machine: V4L2 on Linux, DirectShow on Windows, AVFoundation on macOS, all through FFmpeg. */
final class Webcams {
    static final WebcamSystem SYSTEM = WebcamSystem.of(System.getProperty("os.name", ""));

    private static final int EBUSY = -16; // the same on all three systems
    private static final Path LINUX_DEVICES = Path.of("/sys/class/video4linux");
    private static final String PLUG_IN =
            "plug a camera in, or hand it to the container or virtual machine that this is (docker run --device /dev/video0)";
    private static final Pattern FORMAT =
            Pattern.compile("(?:Raw|Compressed)\\s*:\\s*(\\S+)\\s*:.*\\s:\\s+(\\{?[0-9].*)");

    private Webcams() {}

    static SourceKind kind() {
        try {
            Devices.load();
        } catch (CaptureException e) {
            return kind(
                    Availability.no(e.problem(), e.remedy()), SYSTEM == WebcamSystem.LINUX ? linux(false) : List.of());
        }
        List<SourceDevice> devices = found();
        if (devices.isEmpty() && SYSTEM != WebcamSystem.MAC) {
            return kind(Availability.no("no webcam found (" + SYSTEM.input + ")", PLUG_IN), devices);
        }
        return kind(Availability.yes(SYSTEM.input + ", " + devices.size() + " found"), devices);
    }

    private static SourceKind kind(Availability availability, List<SourceDevice> devices) {
        return new SourceKind("webcams", WebcamUri.FORM, availability, devices);
    }

    private static List<SourceDevice> found() {
        return switch (SYSTEM) {
            case LINUX -> linux(true);
            case WINDOWS -> windows();
            case MAC -> List.of(); // AVFoundation lists its devices in FFmpeg's log alone
        };
    }

    private static List<SourceDevice> linux(boolean ask) {
        return linux(LINUX_DEVICES, Path.of("/dev"), ask);
    }

    /** The capture devices that a folder of the kernel lists. A camera's second device, for metadata, offers no formats. */
    static List<SourceDevice> linux(Path listed, Path devices, boolean ask) {
        List<SourceDevice> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(listed, "video*")) {
            for (Path entry : entries) {
                String node = String.valueOf(entry.getFileName());
                Path device = devices.resolve(node);
                String uri = "webcam:" + node.substring("video".length());
                String name = Files.readString(entry.resolve("name")).strip();
                if (!Files.isReadable(device)) {
                    found.add(new SourceDevice(uri, name, List.of("this user may not read " + device)));
                } else {
                    List<String> formats = ask ? formats(device.toString()) : List.of();
                    if (!ask || !formats.isEmpty()) {
                        found.add(new SourceDevice(uri, name, formats));
                    }
                }
            }
        } catch (IOException e) {
            // no such folder: a kernel without video devices
        }
        found.sort((a, b) -> NaturalOrder.compare(a.uri(), b.uri()));
        return found;
    }

    private static List<String> formats(String device) {
        return formats(Ffmpeg.messages(() -> {
            AVFormatContext format = avformat_alloc_context();
            AVDictionary settings = new AVDictionary(null);
            av_dict_set(settings, "list_formats", "all", 0);
            // Ends with an error once it has listed, and has then freed the context.
            if (avformat_open_input(format, device, av_find_input_format(SYSTEM.input), settings) >= 0) {
                avformat_close_input(format);
            }
            av_dict_free(settings);
        }));
    }

    /** Formats and sizes out of what FFmpeg's V4L2 input logs of them: lines in pieces, a message for each size. */
    static List<String> formats(List<String> messages) {
        List<String> formats = new ArrayList<>();
        for (String line : String.join("", messages).lines().toList()) {
            Matcher m = FORMAT.matcher(line);
            if (m.find()) {
                formats.add(m.group(1) + ": " + m.group(2).strip());
            }
        }
        return formats;
    }

    private static List<SourceDevice> windows() {
        List<SourceDevice> found = new ArrayList<>();
        AVInputFormat input = av_find_input_format(SYSTEM.input);
        AVDeviceInfoList list = new AVDeviceInfoList(null);
        if (avdevice_list_input_sources(input, (String) null, null, list) < 0) {
            return found;
        }
        for (int i = 0; i < list.nb_devices(); i++) {
            String name = list.devices(i).device_description().getString();
            found.add(new SourceDevice("webcam:" + i, name, List.of()));
        }
        avdevice_free_list_devices(list);
        return found;
    }

    /** What FFmpeg is to open. */
    static String address(WebcamUri uri) {
        if (SYSTEM == WebcamSystem.LINUX) {
            String address = SYSTEM.address(uri.device());
            if (!Files.exists(Path.of(address))) {
                throw missing("There is no webcam " + uri.device() + " (" + address + ")");
            }
            return address;
        }
        if (SYSTEM == WebcamSystem.WINDOWS && uri.device().matches("[0-9]{1,3}")) {
            List<SourceDevice> found = windows();
            int number = Integer.parseInt(uri.device());
            if (number >= found.size()) {
                throw missing("There is no webcam " + number);
            }
            return SYSTEM.address(found.get(number).name());
        }
        return SYSTEM.address(uri.device());
    }

    private static CaptureException missing(String what) {
        List<SourceDevice> found = found();
        String others = found.isEmpty()
                ? "no webcam at all"
                : found.stream().map(d -> d.uri() + " (" + d.name() + ")").collect(Collectors.joining(", "));
        return new CaptureException(217, what + ", found " + others, found.isEmpty() ? PLUG_IN : "name one of those");
    }

    /** What it means that FFmpeg could not open a webcam. */
    static CaptureException refused(String uri, int error) {
        String remedy = "unplug it and plug it in again, or ask for another size, rate or format";
        String why = Ffmpeg.text(error);
        if (error == AVERROR_EACCES()) {
            why = "this user may not read it";
            remedy = "add the user to the group that owns the device (on Debian: adduser USER video) and log in again";
        } else if (error == EBUSY) {
            why = "it is in use";
            remedy = "close the program that uses it";
        }
        return new CaptureException(218, uri + " cannot be opened: " + why, remedy);
    }
}
