"""Fisher-guided dropout (arXiv 2406.14005) compared with baselines on Hugging Face models, on one machine or a Ray cluster.

The mathematics is that of docs/method.md, and so are the numbers: splits, batches, masks and dropout draws are those of the lab's own core.

    plan      the exported plan: data, splits, settings; batches and learning rates
    sites     dropout sites by name: modules, tensors, noise; rates set and read back
    schedule  from Fisher scores to rates; all arms
    fisher    empirical Fisher information, eq. 3, one gradient per text
    train     one fine-tuning run
    run       one job, from data to a result that is plain JSON
    driver    all jobs as Ray tasks, resumable
    results   results.json
"""
