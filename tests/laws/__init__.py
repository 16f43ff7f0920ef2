"""This file exists to hold the laws: promises that hold for any input, tried with many."""
