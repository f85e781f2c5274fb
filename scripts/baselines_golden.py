#!/usr/bin/env python3
"""Writes tests/fixtures/baselines.json: what scikit-learn's TF-IDF, logistic regression and ridge regression answer, for the tests of
src/baselines.

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1. Run it from anywhere; it takes seconds:

    python -m pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python scripts/baselines_golden.py

Texts are rows of the page's samples, and some that are hard to cut into words. Both regressions are run to convergence, where the answer does not
depend on the solver.
"""

import csv
import json
import pathlib

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

root = pathlib.Path(__file__).resolve().parent.parent


def sample(name, rows):
    with open(root / "www/data/samples" / f"{name}.csv", newline="", encoding="utf-8") as file:
        found = [(row["text"], row["label"]) for row in csv.DictReader(file)][:rows]
    return [text for text, _ in found], [label for _, label in found]


def vectorised(texts, train):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    fitted = vectorizer.fit_transform([texts[i] for i in train])
    return vectorizer, fitted


def rounded(values, digits=9):
    return np.round(np.asarray(values, dtype=float), digits).tolist()


def classification(name, rows):
    texts, labels = sample(name, rows)
    names = sorted(set(labels))
    classes = [names.index(label) for label in labels]
    train = [i for i in range(len(texts)) if i % 3 != 0]
    test = [i for i in range(len(texts)) if i % 3 == 0]
    vectorizer, fitted = vectorised(texts, train)
    model = LogisticRegression(tol=1e-10, max_iter=10_000).fit(fitted, [classes[i] for i in train])
    tested = vectorizer.transform([texts[i] for i in test])
    balanced = LogisticRegression(tol=1e-10, max_iter=10_000, class_weight="balanced").fit(
        fitted, [classes[i] for i in train]
    )
    stated = LogisticRegression(max_iter=1000).fit(fitted, [classes[i] for i in train])  # as users write it
    return {
        "texts": texts,
        "labels": labels,
        "train": train,
        "test": test,
        "terms": len(vectorizer.vocabulary_),
        "probabilities": [rounded(row) for row in model.predict_proba(tested)],
        "predicted": model.predict(tested).tolist(),
        "balanced": {
            "probabilities": [rounded(row) for row in balanced.predict_proba(tested)],
            "predicted": balanced.predict(tested).tolist(),
        },
        "agreement_with_default_tolerance": float(np.mean(stated.predict(tested) == model.predict(tested))),
    }


def regression(name, rows):
    texts, _ = sample(name, rows)
    scores = [float(len(text.split())) for text in texts]
    train = [i for i in range(len(texts)) if i % 3 != 0]
    test = [i for i in range(len(texts)) if i % 3 == 0]
    vectorizer, fitted = vectorised(texts, train)
    model = Ridge(solver="sparse_cg", tol=1e-12, max_iter=10_000).fit(fitted, [scores[i] for i in train])
    tested = vectorizer.transform([texts[i] for i in test])
    return {"texts": texts, "scores": scores, "train": train, "test": test, "predicted": rounded(model.predict(tested))}


def features():
    texts = [
        "Don't stop, DON'T! It's a well-known fact: don't.",
        "x_1 is not X_1, or is it? 3 of 10 say no",
        "Naïve café, ΣΊΣΥΦΟΣ und Straße",
        "不要 停下 来 the end",
        "?! a b c",
    ]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2))
    matrix = vectorizer.fit_transform(texts)
    names = vectorizer.get_feature_names_out()
    rows = []
    for row in matrix:
        rows.append(sorted(([str(names[j]), round(float(v), 12)] for j, v in zip(row.indices, row.data))))
    return {"texts": texts, "rows": rows}


golden = {
    "features": features(),
    "three_or_more": classification("questions", 150),
    "two": classification("opinions", 120),
    "ridge": regression("tickets", 120),
}
path = root / "tests" / "fixtures" / "baselines.json"
lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in golden.items())
path.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
print(f"{path}: {path.stat().st_size} bytes")
