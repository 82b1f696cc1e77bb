"""python3 -m unittest test_recipe: what the recipe must not get wrong, on data small enough for seconds."""
import os
import tempfile
import unittest

import numpy as np
import torch
from PIL import Image

import classify_data
import classify_metrics
import common
import detect_data
import detect_metrics
import mine_crops
import onnx_reader
import onnx_writer
import train_classifier
from darknet import Darknet, with_anchors, with_classes
from detect_loss import ciou, decode, detection_loss
from effnet import EfficientNet

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "yolov4-tiny-3l-derm.cfg")) as source:
    CFG = source.read()


def randomise_statistics(net):
    for m in net.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.running_mean.normal_(0, 0.1)
            m.running_var.uniform_(0.5, 2)
    return net.eval()


class DetectorTest(unittest.TestCase):
    def test_decode_matches_the_formula_by_hand(self):
        head = Darknet(CFG).heads[2]._replace(anchors=[(10.0, 20.0)] * 3)
        raw = torch.zeros(1, 18, 52, 52)
        # cell (row 3, column 5), second anchor: t = 0 is the cell's centre and the anchor's size
        boxes, objectness, _ = decode(raw, head, 8)
        np.testing.assert_allclose(boxes[0, 1, 3, 5].numpy(), [44, 28, 10, 20], rtol=1e-6)
        raw[0, 6:10, 3, 5] = torch.tensor([2.0, -2.0, np.log(2), np.log(0.5)])
        boxes, _, _ = decode(raw, head, 8)
        s = 1 / (1 + np.exp(-2.0))
        expected = [(s * 1.05 - 0.025 + 5) * 8, ((1 - s) * 1.05 - 0.025 + 3) * 8, 20, 10]
        np.testing.assert_allclose(boxes[0, 1, 3, 5].numpy(), expected, rtol=1e-5)

    def test_ciou_of_known_boxes(self):
        a = torch.tensor([[5.0, 5.0, 10.0, 10.0]])
        value, iou = ciou(a, torch.tensor([[10.0, 5.0, 10.0, 10.0]]))
        self.assertAlmostEqual(float(iou), 50 / 150, places=5)
        # same shape: only the centre distance counts, 5^2 over the enclosing diagonal 15^2 + 10^2
        self.assertAlmostEqual(float(value), 50 / 150 - 25 / 325, places=5)

    def test_loss_goes_down_on_one_image(self):
        torch.manual_seed(0)
        net = Darknet(with_anchors(CFG, [(4 + 8 * i, 4 + 8 * i) for i in range(9)])).train()
        optimizer = common.optimizer_for(net, 1e-3, 0)
        x = torch.rand(2, 3, 96, 96)
        targets = torch.tensor([[0, 0, 10, 10, 24, 26, 0], [1, 0, 40, 30, 80, 90, 0], [1, 0, 2, 2, 9, 8, 1.0]])
        losses = []
        for _ in range(12):
            loss, _ = detection_loss(net(x), targets, net, 96)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        self.assertLess(losses[-1], 0.6 * losses[0])

    def test_batch_without_lesions_has_a_finite_loss(self):
        net = Darknet(CFG).train()
        loss, _ = detection_loss(net(torch.rand(2, 3, 96, 96)), torch.zeros(0, 7), net, 96)
        loss.backward()
        self.assertTrue(np.isfinite(float(loss.detach())))

    def test_another_number_of_classes_changes_the_heads(self):
        net = Darknet(with_classes(CFG, 4))
        self.assertEqual([h.shape[1] for h in net(torch.zeros(1, 3, 64, 64))], [27, 27, 27])

    def test_onnx_equals_torch(self):
        import onnxruntime
        net = randomise_statistics(Darknet(CFG))
        x = torch.rand(1, 3, 416, 416)
        model = onnx_writer.detector(net, {"derm.name": "t"}, half=False)
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        self.assertEqual([o.name for o in session.get_outputs()], ["yolo_32", "yolo_16", "yolo_8"])
        with torch.no_grad():
            for a, b in zip(session.run(None, {"input": x.numpy()}), net(x)):
                np.testing.assert_allclose(a, b.numpy(), atol=1e-4)

    def test_network_from_a_released_onnx_answers_as_the_onnx(self):
        import onnxruntime
        path = os.path.join(HERE, "../src/main/resources/io/derm/models/derm-yolov4-tiny-3l.onnx")
        start = onnx_reader.checkpoint(path, with_anchors(CFG, [(9, 9)] * 9))
        self.assertIn("anchors=5.5,5.6, 7,7, 9,9,", start["cfg"])
        net = Darknet(start["cfg"]).train()
        net.load_state_dict(start["ema"])
        # as training sees it, not only as evaluation does
        onnx_reader.keep_statistics(net)
        x = torch.rand(1, 3, 416, 416)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        with torch.no_grad():
            for a, b in zip(session.run(None, {"input": x.numpy()}), net(x)):
                np.testing.assert_allclose(a, b.numpy(), atol=2e-3)

    def test_network_from_an_onnx_of_other_layers_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/other.onnx"
            onnx_writer.write(onnx_writer.detector(Darknet(with_classes(CFG, 4)).eval(), {"derm.name": "t"}), path)
            with self.assertRaisesRegex(ValueError, r"other.onnx has \[27, 256, 1, 1\] where layer 29 .* \[18, 256, 1, 1\]"):
                onnx_reader.checkpoint(path, CFG)

    def test_shifted_objectness_is_the_only_change(self):
        net = randomise_statistics(Darknet(CFG))
        x = torch.rand(1, 3, 64, 64)
        with torch.no_grad():
            before = net(x)
            net.shift_objectness(0.5)
            for a, b in zip(before, net(x)):
                difference = (b - a).view(3, 6, -1).mean(2).numpy()
                np.testing.assert_allclose(difference, np.tile([0, 0, 0, 0, 0.5, 0], (3, 1)), atol=1e-5)

    def test_average_precision_of_a_known_ranking(self):
        truth = [np.array([[0, 0, 10, 10], [20, 20, 30, 30]], np.float32)]
        found = [np.array([[0, 0, 10, 10, 0.9], [50, 50, 60, 60, 0.8], [20, 20, 30, 30, 0.7]], np.float32)]
        report = detect_metrics.figures(found, truth)
        # precision 1 up to recall 1/2, then 2/3 up to recall 1
        self.assertAlmostEqual(report["map50"], 0.5 + 0.5 * 2 / 3, places=6)
        self.assertEqual(report["false_boxes_per_image"], 1.0)

    def test_augmented_boxes_follow_the_pixels(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(folder + "/images")
            os.makedirs(folder + "/labels")
            pixels = np.full((300, 400, 3), 200, np.uint8)
            pixels[60:120, 250:290] = 0
            Image.fromarray(pixels).save(folder + "/images/a.png")
            with open(folder + "/labels/a.txt", "w") as target:
                target.write("0 %f %f %f %f\n" % (270 / 400, 90 / 300, 40 / 400, 60 / 300))
            data = detect_data.DetectionSet([folder])
            views = detect_data.AugmentedDetection(data, 416, 60, 3, 0, mosaic=0.5, strength=1.0)
            checked = 0
            for i in range(60):
                image, boxes = views[i]
                dark = image.numpy().astype(float).mean(0)
                for _, left, top, right, bottom, ignored in boxes.tolist():
                    if not ignored and min(right - left, bottom - top) > 12:
                        inside = dark[int(top) + 3:int(bottom) - 3, int(left) + 3:int(right) - 3].mean()
                        self.assertLess(inside, dark.max() / 2)
                        checked += 1
            self.assertGreater(checked, 20)


class ClassifierTest(unittest.TestCase):
    def test_onnx_equals_torch_for_any_batch(self):
        import onnxruntime
        for lite in (False, True):
            net = randomise_statistics(EfficientNet(lite=lite))
            model = onnx_writer.classifier(net, 224, {"derm.name": "t"}, half=False)
            session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            for n in (1, 3):
                x = torch.randn(n, 3, 224, 224)
                with torch.no_grad():
                    np.testing.assert_allclose(session.run(None, {"input": x.numpy()})[0], net(x).numpy(), atol=1e-4)

    def test_parameters_are_those_of_the_papers(self):
        # with 1000 classes: torchvision's efficientnet_b0 and timm's tf_efficientnet_lite0
        for lite, count in ((False, 5288548), (True, 4652008)):
            self.assertEqual(sum(p.numel() for p in EfficientNet(1000, lite).parameters()), count)

    def test_network_from_a_released_onnx_answers_as_the_onnx(self):
        import onnxruntime
        path = os.path.join(HERE, "../src/main/resources/io/derm/models/derm-efficientnet-lite0.onnx")
        with tempfile.TemporaryDirectory() as folder:
            b0 = folder + "/b0.onnx"
            onnx_writer.write(onnx_writer.classifier(randomise_statistics(EfficientNet(4)), 224, {"derm.name": "t"}), b0)
            for file, lite in ((path, True), (b0, False)):
                start = onnx_reader.classifier_checkpoint(file)
                self.assertEqual(start["lite"], lite)
                net = EfficientNet(4, lite).eval()
                net.load_state_dict(start["ema"])
                x = torch.randn(2, 3, 224, 224)
                session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
                with torch.no_grad():
                    np.testing.assert_allclose(session.run(None, {"input": x.numpy()})[0], net(x).numpy(), atol=2e-3)

    def test_a_lite0_taken_over_from_a_b0_has_its_means_and_deviations(self):
        def norms(net):
            return [m for m in net.features.modules() if isinstance(m, torch.nn.BatchNorm2d)]

        teacher, net, x = randomise_statistics(EfficientNet(4)), EfficientNet(4, lite=True), torch.randn(8, 3, 64, 64)
        self.assertEqual(common.load_matching(net, teacher.state_dict()), [])
        train_classifier.take_over(net, teacher, [x[:4], x[4:]])
        seen = {}
        for n in norms(teacher):
            n.register_forward_hook(lambda norm, _, y: seen.__setitem__(norm, (y.mean((0, 2, 3)), y.std((0, 2, 3), False))))
        with torch.no_grad():
            teacher(x)
        self.assertEqual(len(norms(net)), 49)
        for theirs, mine in zip(norms(teacher), norms(net)):
            np.testing.assert_allclose(mine.bias.detach(), seen[theirs][0], atol=1e-5)
            np.testing.assert_allclose(mine.weight.detach(), seen[theirs][1].clamp(min=1e-3), rtol=0.02, atol=1e-4)

    def test_a_fourth_class_leaves_the_first_three_as_they_were(self):
        known, net = EfficientNet(3).state_dict(), EfficientNet(4)
        state = dict(known)
        train_classifier.keep_known_classes(net, state)
        self.assertEqual(common.load_matching(net, state), [])
        np.testing.assert_array_equal(net.classifier[1].weight[:3].detach(), known["classifier.1.weight"])
        self.assertEqual(float(net.classifier[1].weight[3].detach().abs().max()), 0.0)

    def test_mined_box_is_labelled_by_the_lesion_under_it(self):
        lesions = np.array([[0, 0, 10, 10], [50, 50, 70, 70]], np.float32)
        names = ["benign", "melanoma"]
        label = lambda *box: mine_crops.label_of(np.array(box, np.float32), lesions, names)
        self.assertEqual(label(52, 52, 70, 70), "melanoma")
        self.assertEqual(label(100, 100, 120, 120), "distractor")
        # a third of the union: neither the lesion nor beside it
        self.assertIsNone(label(0, 0, 10, 30))
        self.assertEqual(mine_crops.label_of(np.array([0, 0, 9, 9, 0.5]), np.zeros((0, 4)), []), "distractor")

    def test_mined_crop_is_moved_into_the_image(self):
        image = Image.fromarray(np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (100, 1, 3)))
        pixels = np.asarray(mine_crops.crop(image, [180, 40, 200, 60], 1.25))
        # a square of 25 that ends at the right edge
        self.assertEqual(pixels.shape, (25, 25, 3))
        np.testing.assert_allclose(pixels[12, [0, -1], 0], [175, 199], atol=1)

    def labels_of(self, text, names):
        with tempfile.TemporaryDirectory() as folder:
            for n in names:
                Image.new("RGB", (8, 8)).save(os.path.join(folder, n + ".jpg"))
            path = os.path.join(folder, "t.csv")
            with open(path, "w") as target:
                target.write(text)
            return [classify_data.LABELS[label] for _, label in classify_data.read_csv(path, folder)]

    def test_isic_2019_cancers_are_never_benign(self):
        header = "image,MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK\n"
        rows = "".join("i%d,%s\n" % (k, ",".join("1.0" if j == k else "0.0" for j in range(9))) for k in range(9))
        self.assertEqual(self.labels_of(header + rows, ["i%d" % k for k in range(9)]),
                         ["melanoma", "benign", "unknown", "unknown", "benign", "benign", "benign", "unknown",
                          "unknown"])

    def test_isic_2020_unknown_diagnosis_is_benign_and_malignant_never(self):
        text = ("image_name,diagnosis,benign_malignant,target\n"
                "a,unknown,benign,0\nb,melanoma,malignant,1\nc,nevus,benign,0\nd,basal cell carcinoma,malignant,1\n")
        self.assertEqual(self.labels_of(text, "abcd"), ["benign", "melanoma", "benign", "unknown"])

    def test_auc_and_temperature_of_known_values(self):
        self.assertAlmostEqual(classify_metrics.auc(np.array([0.1, 0.4, 0.35, 0.8]),
                                                    np.array([False, False, True, True])), 0.75)
        rng = np.random.RandomState(0)
        logits = rng.normal(0, 1, (20000, 3))
        p = classify_metrics.softmax(logits)
        labels = (p.cumsum(1) > rng.rand(20000, 1)).argmax(1)
        # labels drawn from the softmax itself: three times the logits want a divisor of three
        self.assertAlmostEqual(classify_metrics.fit_temperature(3 * logits, labels), 3.0, delta=0.15)


if __name__ == "__main__":
    unittest.main()
