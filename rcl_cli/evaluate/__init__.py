"""Judging: results against clean files, and backbones by what few labels make of them."""
