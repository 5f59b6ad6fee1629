#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Writes the verdict corpus: certificates.pem and corpus.json beside this file.

Run it from anywhere: `python3 tests/verdict/make_corpus.py` (Debian 13: python3-cryptography). What is expected is written by
hand in rules_*.py and multi_path.py, from the RFCs and the policy in core's headers; nothing here asks the code that is tested.
"""
import corpus_kit
import multi_path
import rules_constraints
import rules_form
import rules_names
import rules_path


def main():
    corpus_kit.load_keys()
    rules_path.rules()
    rules_constraints.rules()
    rules_form.rules()
    rules_names.rules()
    rules_path.limits()
    multi_path.entries()
    corpus_kit.write()


if __name__ == "__main__":
    main()
