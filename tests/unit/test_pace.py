from studies.pace import SLACK, too_slow

RECORDED = {"pooling": 2.0, "reading": 0.5}


def test_a_ratio_is_too_slow_only_beyond_the_slack():
    assert too_slow({"pooling": 2.0 * SLACK, "reading": 0.5 * SLACK + 0.01}, RECORDED) == [
        "reading"
    ]


def test_work_that_became_faster_is_not_too_slow():
    assert too_slow({"pooling": 0.1, "reading": 0.1}, RECORDED) == []
