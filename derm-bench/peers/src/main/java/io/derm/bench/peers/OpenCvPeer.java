package io.derm.bench.peers;

import static org.bytedeco.opencv.global.opencv_core.BORDER_REPLICATE;
import static org.bytedeco.opencv.global.opencv_core.CV_32F;
import static org.bytedeco.opencv.global.opencv_core.CV_64F;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_core.CV_VERSION;
import static org.bytedeco.opencv.global.opencv_core.setNumThreads;
import static org.bytedeco.opencv.global.opencv_dnn.DNN_BACKEND_OPENCV;
import static org.bytedeco.opencv.global.opencv_dnn.DNN_LAYOUT_NCHW;
import static org.bytedeco.opencv.global.opencv_dnn.DNN_PMODE_NULL;
import static org.bytedeco.opencv.global.opencv_dnn.DNN_TARGET_CPU;
import static org.bytedeco.opencv.global.opencv_dnn.NMSBoxes;
import static org.bytedeco.opencv.global.opencv_dnn.blobFromImage;
import static org.bytedeco.opencv.global.opencv_dnn.blobFromImagesWithParams;
import static org.bytedeco.opencv.global.opencv_dnn.readNetFromONNX;
import static org.bytedeco.opencv.global.opencv_imgproc.INTER_LINEAR;
import static org.bytedeco.opencv.global.opencv_imgproc.WARP_INVERSE_MAP;
import static org.bytedeco.opencv.global.opencv_imgproc.resize;
import static org.bytedeco.opencv.global.opencv_imgproc.warpAffine;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.opencv.opencv_core.Mat;
import org.bytedeco.opencv.opencv_core.MatVector;
import org.bytedeco.opencv.opencv_core.Rect;
import org.bytedeco.opencv.opencv_core.Rect2d;
import org.bytedeco.opencv.opencv_core.Rect2dVector;
import org.bytedeco.opencv.opencv_core.Scalar;
import org.bytedeco.opencv.opencv_core.Size;
import org.bytedeco.opencv.opencv_core.StringVector;
import org.bytedeco.opencv.opencv_dnn.Image2BlobParams;
import org.bytedeco.opencv.opencv_dnn.Net;

/**
 * OpenCV alone: {@code resize} into a kept canvas and {@code blobFromImage}, {@code Net.forward}, {@code NMSBoxes}; crops by {@code warpAffine}, which
 * takes boxes that do not lie on whole pixels. A net allocates anew when its input's shape changes, so there is one for each number of crops.
 */
final class OpenCvPeer implements Peer {
    private final Path classifierModel;
    private final Setting setting;
    private final Net detector;
    private final Map<Integer, Net> classifiers = new HashMap<>();
    private final Mat canvas =
            new Mat(Demo.DETECTOR_SIDE, Demo.DETECTOR_SIDE, CV_8UC3, new Scalar(Demo.PAD, Demo.PAD, Demo.PAD, 0));
    private final Mat blob = new Mat();
    private final Mat crops = new Mat();
    private final StringVector headNames = new StringVector(Demo.HEADS);
    private final MatVector heads = new MatVector();
    private final Size side = new Size(Demo.CLASSIFIER_SIDE, Demo.CLASSIFIER_SIDE);
    private final Scalar none = new Scalar(0, 0, 0, 0);
    private final Mat affine = new Mat(2, 3, CV_64F);
    private final Mat[] cropped = new Mat[Demo.MOST_REGIONS];
    private final Image2BlobParams cropParams = new Image2BlobParams(
            new Scalar(1 / Demo.STD[0], 1 / Demo.STD[1], 1 / Demo.STD[2], 0),
            side,
            new Scalar(Demo.MEAN[0], Demo.MEAN[1], Demo.MEAN[2], 0),
            true,
            CV_32F,
            DNN_LAYOUT_NCHW,
            DNN_PMODE_NULL,
            none);

    OpenCvPeer(Path detectorModel, Path classifierModel, Setting setting) {
        this.classifierModel = classifierModel;
        this.setting = setting;
        setNumThreads(setting.threads());
        detector = net(detectorModel);
        for (int i = 0; i < cropped.length; i++) {
            cropped[i] = new Mat();
        }
    }

    private static Net net(Path model) {
        Net net = readNetFromONNX(model.toString());
        net.setPreferableBackend(DNN_BACKEND_OPENCV);
        net.setPreferableTarget(DNN_TARGET_CPU);
        return net;
    }

    @Override
    public String about() {
        return "OpenCV " + CV_VERSION() + " DNN, crops " + (setting.batched() ? "in one batch" : "one by one");
    }

    @Override
    public List<Finding> exam(Picture picture, StageClock clock) {
        try (PointerScope scope = new PointerScope()) {
            Mat frame = new Mat(picture.height(), picture.width(), CV_8UC3, new BytePointer(picture.pixels()));
            Region region = Region.letterbox(picture.width(), picture.height());
            Mat content = canvas.apply(new Rect(region.toLeft(), region.toTop(), region.toWidth(), region.toHeight()));
            resize(frame, content, new Size(region.toWidth(), region.toHeight()), 0, 0, INTER_LINEAR);
            blobFromImage(canvas, blob, 1 / 255.0, new Size(), none, true, false, CV_32F);
            clock.end(Stage.LETTERBOX);
            detector.setInput(blob);
            detector.forward(heads, headNames);
            clock.end(Stage.DETECTOR);
            List<Box> boxes = suppress(region);
            clock.end(Stage.DECODE);
            List<Finding> findings = new ArrayList<>(boxes.size());
            int most = setting.batched() ? Demo.MOST_REGIONS : 1;
            for (int from = 0; from < boxes.size(); from += most) {
                List<Box> batch = boxes.subList(from, Math.min(boxes.size(), from + most));
                MatVector images = new MatVector(batch.size());
                for (int i = 0; i < batch.size(); i++) {
                    crop(frame, Region.crop(batch.get(i), picture.width(), picture.height()), cropped[i]);
                    images.put(i, cropped[i]);
                }
                blobFromImagesWithParams(images, crops, cropParams);
                clock.end(Stage.CROPS);
                Net classifier = classifiers.computeIfAbsent(batch.size(), n -> kept(net(classifierModel)));
                classifier.setInput(crops);
                FloatBuffer logits = classifier.forward().createBuffer();
                for (int i = 0; i < batch.size(); i++) {
                    findings.add(Heads.finding(batch.get(i), logits, i));
                }
                clock.end(Stage.CLASSIFIER);
            }
            return findings;
        }
    }

    /** Takes a pointer out of the scope that it was made in. */
    private static Net kept(Net net) {
        return (Net) ((Pointer) net).retainReference();
    }

    private List<Box> suppress(Region region) {
        List<Box> boxes = new ArrayList<>();
        for (int h = 0; h < Demo.HEADS.length; h++) {
            FloatBuffer values = heads.get(h).createBuffer();
            Heads.decode(values, h, boxes);
        }
        if (boxes.isEmpty()) {
            return boxes;
        }
        Rect2dVector rects = new Rect2dVector(boxes.size());
        FloatPointer scores = new FloatPointer(boxes.size());
        for (int i = 0; i < boxes.size(); i++) {
            Box b = boxes.get(i);
            rects.put(i, new Rect2d(b.left(), b.top(), (double) b.right() - b.left(), (double) b.bottom() - b.top()));
            scores.put(i, b.score());
        }
        IntPointer indices = new IntPointer();
        NMSBoxes(rects, scores, Demo.SCORE_THRESHOLD, Demo.IOU_THRESHOLD, indices);
        List<Box> kept = new ArrayList<>();
        for (long i = 0; i < indices.limit(); i++) {
            kept.add(boxes.get(indices.get(i)).inFrame(region));
        }
        return kept;
    }

    /** OpenCV counts from the centre of the first pixel, on both sides. */
    private void crop(Mat frame, Region region, Mat into) {
        double s = region.scaleX();
        DoubleBuffer m = affine.createBuffer();
        m.put(0, s).put(1, 0).put(2, region.left() + s / 2 - 0.5);
        m.put(3, 0).put(4, s).put(5, region.top() + s / 2 - 0.5);
        warpAffine(frame, into, affine, side, INTER_LINEAR | WARP_INVERSE_MAP, BORDER_REPLICATE, none);
    }

    @Override
    public FloatBuffer detectorInput() {
        return blob.createBuffer();
    }

    @Override
    public void close() {
        classifiers.values().forEach(Net::close);
        detector.close();
        for (Mat mat : cropped) {
            mat.close();
        }
        List.of(canvas, blob, crops, affine).forEach(Mat::close);
        heads.close();
        headNames.close();
        cropParams.close();
        side.close();
        none.close();
    }
}
