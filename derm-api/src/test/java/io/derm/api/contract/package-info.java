/**
 * What every implementation of a derm interface must do, as JUnit 5 suites to extend. A third party's detector, classifier,
 * source or runtime that passes its suite can stand in for derm's own.
 */
package io.derm.api.contract;
