/**
 * What the maker of a device writes around derm: a program from camera to findings, a source for a camera that derm does not know, and a
 * runtime for hardware that it does not know. Research use only, not a medical device.
 */
package com.example.device;
