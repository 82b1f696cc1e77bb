package io.derm.samples;

import io.derm.api.CaptureException;
import io.derm.api.Frame;
import io.derm.api.ImageInput;
import io.derm.api.Session;
import io.derm.api.Tensors;
import io.derm.onnx.Samples;
import java.nio.file.Path;
import java.util.List;

/** Images in files as samples of a model, each whole. They are read anew at each run. Immutable. */
record ImageSamples(List<Path> files, ImageInput input) implements Samples {
    ImageSamples {
        files = List.copyOf(files);
    }

    /** The images of a data set that a model for a task sees: crops for a classifier where there are some, else scenes. */
    static ImageSamples of(DataSet data, ModelTask task, ImageInput input) {
        boolean crops = !task.is(ModelTask.DETECT) && !data.crops().isEmpty();
        return new ImageSamples(
                crops
                        ? data.crops().stream().map(DataSet.Crop::file).toList()
                        : data.scenes().stream().map(DataSet.Scene::file).toList(),
                input);
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public Tensors run(Session session, int index) {
        try (Frame frame = Stills.read(files.get(index).toString())) {
            return session.run(input, frame, List.of(frame.bounds()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CaptureException(261, "Reading " + files.get(index) + " was interrupted", "Run it again.", e);
        }
    }
}
