//! The plane of two trained models.

use crate::common::finish;
use crate::lab::{arms, config, lab, run};
use burn::tensor::Device;
use guided_dropout_lab::lab::Event;
use guided_dropout_lab::lab::plan::{JobKind, RunKey, TrajectorySettings};
use guided_dropout_lab::method::arms::Arm;

/// In the plane of two trained models: the loss at an end is that of the run's last evaluation, each path made once more
/// leads to its end, and every point of the grid is asked for once.
async fn the_plane_of_two_models_holds_what_was_trained(device: Device) {
    let mut lab = lab(device);
    let config = config(&[Arm::Guided, Arm::None]);
    let arms = arms(&mut lab, &config).await;
    let pair = [Arm::Guided, Arm::None];
    let (mut reports, mut models) = (Vec::new(), Vec::new());
    for arm in pair {
        reports.push(run(&mut lab, &config, arm, 1, &arms[&arm], 10).await);
        models.push(lab.export_model().await.unwrap());
    }
    let settings = TrajectorySettings { points: 9, rows: 1000 };
    let before = lab.trajectory_plan(&config, settings, pair).unwrap();
    let [job] = &before.jobs[..1] else { panic!("a plan has jobs") };
    let error = lab.start(&config, job, None).unwrap_err();
    assert!(error.to_string().contains("the plane of two trained models to be loaded first"), "{error}");

    let ends = lab.set_plane(&config, 1, [&models[0], &models[1]]).await.unwrap().ends();
    let plan = lab.trajectory_plan(&config, settings, pair).unwrap();
    assert_eq!(plan.jobs.iter().map(|job| job.work).sum::<f64>(), before.jobs.iter().map(|job| job.work).sum::<f64>());
    assert_eq!(plan.rows, [32, 8]);
    let (mut seen, mut at_marks) = (vec![0; 81], Vec::new());
    for job in &plan.jobs {
        match &job.kind {
            JobKind::Plane { row: None, .. } => at_marks = finish(&mut lab, &config, job, None, 10).await,
            JobKind::Plane { row: Some(row), columns, at, .. } => {
                columns.iter().for_each(|column| seen[row * 9 + column] += 1);
                columns.iter().zip(at).for_each(|(&column, at)| assert_eq!(*at, [plan.x[column], plan.y[*row]]));
            }
            JobKind::Trajectory { run: RunKey { arm, .. } } => {
                let mut events = finish(&mut lab, &config, job, Some(&arms[arm]), 3).await;
                assert!(matches!(events.pop(), Some(Event::TrajectoryDone)));
                assert_eq!(events.len(), 8, "one place a step");
                let Some(Event::TrajectoryPoint { step: 8, place }) = events.pop() else { panic!("the last step") };
                let end = ends[pair.iter().position(|a| a == arm).unwrap()];
                let gap = (place.x - end.x).hypot(place.y - end.y).max(place.off);
                // `off` is the root of a difference of sums in f32: 6e-5 as measured.
                assert!(gap < 5e-4, "{arm} ended at {place:?}, its model lies at {end:?}");
                let Event::TrajectoryPoint { place, .. } = events[0] else { panic!("the first step") };
                assert!(place.x.hypot(place.y) < 0.7 * end.x.hypot(end.y), "the first step is not the last: {place:?}");
            }
            other => panic!("no job of a plane: {other:?}"),
        }
    }
    assert!(seen.iter().all(|&times| times == 1), "{seen:?}");
    assert!(matches!(at_marks.pop(), Some(Event::PlaneDone)));
    let losses: Vec<[f64; 2]> = at_marks
        .iter()
        .map(|e| {
            if let Event::PlanePoint { train, test, .. } = e {
                [train.unwrap(), test.unwrap()]
            } else {
                panic!("{e:?}")
            }
        })
        .collect();
    assert_eq!(losses.len(), 3);
    for (report, [train, test]) in reports.iter().zip(&losses[1..]) {
        let last = report.epochs.last().unwrap();
        assert!((test - last.eval_loss).abs() < 1e-5, "{}: {test} for {}", report.arm, last.eval_loss);
        assert!(*train < losses[0][0], "training lowered the loss of what it saw: {train} from {}", losses[0][0]);
    }
}

tests_on!(cpu: the_plane_of_two_models_holds_what_was_trained);
