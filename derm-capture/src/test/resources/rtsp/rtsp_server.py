"""An RTSP server on loopback that plays an H.264 MP4 over and over as a camera would: no length, no end.

Usage: rtsp_server.py PORT CLIP.mp4      rtsp://127.0.0.1:PORT/live, one picture after the other at the clip's nominal rate
       rtsp_server.py --check            exit 0 if what it needs is here
Needs (Debian) python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good.
"""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtspServer  # noqa: E402

Gst.init(None)


def clip(path):
    """The coded pictures of an MP4 and what they are."""
    pipeline = Gst.parse_launch("filesrc name=file ! qtdemux ! video/x-h264 ! appsink name=sink sync=false")
    pipeline.get_by_name("file").set_property("location", path)
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    pictures, caps = [], None
    while True:
        sample = sink.try_pull_sample(5 * Gst.SECOND)
        if sample is None:
            break
        caps = sample.get_caps()
        buffer = sample.get_buffer()
        pictures.append(buffer.extract_dup(0, buffer.get_size()))
    pipeline.set_state(Gst.State.NULL)
    if not pictures:
        sys.exit(f"{path} has no H.264 in it")
    return pictures, caps


class Camera(GstRtspServer.RTSPMediaFactory):
    def __init__(self, path):
        super().__init__()
        self.pictures, self.caps = clip(path)
        _, num, den = self.caps.get_structure(0).get_fraction("framerate")
        self.duration = Gst.SECOND * den // num

    def do_create_element(self, url):
        bin = Gst.parse_launch(
            "( appsrc name=source is-live=true format=time block=false max-buffers=30 leaky-type=downstream"
            " ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
        )
        source = bin.get_by_name("source")
        source.set_property("caps", self.caps)
        state = {"n": 0, "start": None}

        def push():
            clock = source.get_clock()
            if clock is None or source.get_base_time() == 0:
                return True
            now = clock.get_time() - source.get_base_time()
            if state["start"] is None:
                state["start"] = now
            # As many as are due, so that a timer that comes late does not slow the stream.
            while state["start"] + state["n"] * self.duration <= now:
                buffer = Gst.Buffer.new_wrapped(self.pictures[state["n"] % len(self.pictures)])
                buffer.pts = buffer.dts = state["start"] + state["n"] * self.duration
                buffer.duration = self.duration
                state["n"] += 1
                if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                    return False
            return True

        GLib.timeout_add(max(1, self.duration // Gst.MSECOND // 4), push)
        return bin


def main():
    if sys.argv[1:] == ["--check"]:
        missing = [e for e in ("qtdemux", "appsrc", "appsink", "rtph264pay") if Gst.ElementFactory.find(e) is None]
        sys.exit(f"no GStreamer element {missing}" if missing else 0)
    port, path = sys.argv[1:]
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service=port)
    server.get_mount_points().add_factory("/live", Camera(path))
    if not server.attach(None):
        sys.exit(f"port {port} is taken")
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
