// Slots of the virtual tables behind TensorRT's interfaces in 10.15, counted in the Itanium C++ ABI. They were read off pointers to the
// member functions of the interfaces (an odd one is 8 * slot + 1), in a program compiled against NVIDIA's headers of that version.
#pragma once

namespace slots {

// Of every object but a parser: the destructor that does not free, and the one that does.
constexpr int DESTROY = 0, DELETE = 1;

namespace IBuilder {
constexpr int platformHasFastFp16 = 2, platformHasFastInt8 = 3, createBuilderConfig = 7, createNetworkV2 = 8,
    createOptimizationProfile = 9, setErrorRecorder = 10, platformHasTf32 = 13, buildSerializedNetwork = 14,
    isNetworkSupported = 15, getLogger = 16, setMaxThreads = 17, getMaxThreads = 18;
}  // namespace IBuilder

namespace INetworkDefinition {
constexpr int getNbLayers = 12, getNbInputs = 14, getInput = 15, getNbOutputs = 16, getOutput = 17, setName = 30,
    getName = 31, setErrorRecorder = 47, getFlags = 64, getFlag = 65;
}  // namespace INetworkDefinition

namespace ITensor {
constexpr int getName = 3, getDimensions = 5, getType = 7, isNetworkInput = 9, isNetworkOutput = 10, getLocation = 13,
    isShapeTensor = 21, isExecutionTensor = 22;
}  // namespace ITensor

namespace IBuilderConfig {
constexpr int setAvgTimingIterations = 2, getAvgTimingIterations = 3, setFlags = 8, getFlags = 9, clearFlag = 10,
    setFlag = 11, getFlag = 12, addOptimizationProfile = 25, getNbOptimizationProfiles = 26,
    setProfilingVerbosity = 27, getProfilingVerbosity = 28, createTimingCache = 40, setTimingCache = 41,
    getTimingCache = 42, setMemoryPoolLimit = 43, getMemoryPoolLimit = 44, setBuilderOptimizationLevel = 47,
    getBuilderOptimizationLevel = 48, setHardwareCompatibilityLevel = 49, getHardwareCompatibilityLevel = 50,
    setMaxAuxStreams = 54, getMaxAuxStreams = 55, setMaxNbTactics = 60, getMaxNbTactics = 61,
    setTilingOptimizationLevel = 62, getTilingOptimizationLevel = 63, setL2LimitForTiling = 64,
    getL2LimitForTiling = 65;
}  // namespace IBuilderConfig

namespace IOptimizationProfile {
constexpr int setDimensions = 2, getDimensions = 3, isValid = 9;
}  // namespace IOptimizationProfile

namespace ITimingCache {
constexpr int serialize = 2, combine = 3, reset = 4;
}  // namespace ITimingCache

namespace IHostMemory {
constexpr int data = 2, size = 3, type = 4;
}  // namespace IHostMemory

namespace IRuntime {
constexpr int deserializeCudaEngine = 3, setErrorRecorder = 9, getLogger = 11, setMaxThreads = 12, getMaxThreads = 13,
    setTemporaryDirectory = 14, getTemporaryDirectory = 15, setTempfileControlFlags = 16, getTempfileControlFlags = 17,
    setEngineHostCodeAllowed = 21, getEngineHostCodeAllowed = 22;
}  // namespace IRuntime

namespace ICudaEngine {
constexpr int getNbLayers = 3, serialize = 4, createExecutionContext = 5, getDeviceMemorySize = 7, isRefittable = 8,
    getName = 9, getNbOptimizationProfiles = 10, getProfilingVerbosity = 17, createEngineInspector = 18,
    getTensorShape = 19, getTensorDataType = 20, getTensorLocation = 21, isShapeInferenceIO = 22, getTensorIOMode = 23,
    getTensorBytesPerComponent = 24, getTensorComponentsPerElement = 25, getTensorFormat = 26, getProfileShape = 29,
    getNbIOTensors = 30, getIOTensorName = 31, getHardwareCompatibilityLevel = 32, getNbAuxStreams = 33,
    getDeviceMemorySizeV2 = 52, getDeviceMemorySizeForProfileV2 = 53;
}  // namespace ICudaEngine

namespace IExecutionContext {
constexpr int getEngine = 7, setName = 8, getName = 9, getOptimizationProfile = 11, allInputDimensionsSpecified = 12,
    setErrorRecorder = 14, setOptimizationProfileAsync = 17, setEnqueueEmitsProfile = 18, getEnqueueEmitsProfile = 19,
    setInputShape = 21, getTensorShape = 22, getTensorStrides = 23, setTensorAddress = 24, getTensorAddress = 25,
    setInputTensorAddress = 26, setOutputTensorAddress = 27, inferShapes = 28, getOutputTensorAddress = 31,
    enqueueV3 = 37, setPersistentCacheLimit = 38, getPersistentCacheLimit = 39, setNvtxVerbosity = 40,
    getNvtxVerbosity = 41, setDeviceMemoryV2 = 49;
}  // namespace IExecutionContext

namespace IEngineInspector {
constexpr int setExecutionContext = 3, getExecutionContext = 4, getLayerInformation = 5, getEngineInformation = 6,
    setErrorRecorder = 7;
}  // namespace IEngineInspector

namespace IParser {
constexpr int parse = 0, parseFromFile = 1, supportsOperator = 4, getNbErrors = 5, getError = 6, clearErrors = 7,
    destroy = 8, deleteThis = 9, setFlags = 11, getFlags = 12, clearFlag = 13, setFlag = 14, getFlag = 15;
}  // namespace IParser

namespace IParserError {
constexpr int code = 0, desc = 1, file = 2, line = 3, func = 4, node = 5, nodeName = 6, nodeOperator = 7,
    localFunctionStack = 8, localFunctionStackSize = 9;
}  // namespace IParserError

namespace ILogger {
constexpr int log = 0;
}  // namespace ILogger

}  // namespace slots
